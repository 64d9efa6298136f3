/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Listing and removing bonds for clients. Zephyr stores the bonds.
 */

#include <zephyr/bluetooth/bluetooth.h>

#include "ble.h"

/* Time for a response to reach a client that removes its own bond, which ends the connection. */
#define ANSWER_TIME K_MSEC(500)

struct search {
	struct wamr_ble_bond *bond;
	uint8_t left;
	bool found;
};

static bool is_current(const bt_addr_le_t *address)
{
	struct bt_conn *conn = wamr_ble_client();
	bool is_client = false;

	if (conn) {
		is_client = bt_addr_le_eq(bt_conn_get_dst(conn), address);
		bt_conn_unref(conn);
	}
	return is_client;
}

static void take(struct search *search, const bt_addr_le_t *address)
{
	search->found = true;
	search->bond->random = address->type == BT_ADDR_LE_RANDOM;
	memcpy(search->bond->address, address->a.val, sizeof(search->bond->address));
	search->bond->current = is_current(address);
	search->bond->owner = wamr_ble_owns(address);
}

static void by_index(const struct bt_bond_info *info, void *data)
{
	struct search *search = data;

	if (search->left-- == 0 && !search->found) {
		take(search, &info->addr);
	}
}

bool wamr_ble_bond(uint8_t index, struct wamr_ble_bond *bond)
{
	struct search search = {.bond = bond, .left = index};

	bt_foreach_bond(BT_ID_DEFAULT, by_index, &search);
	return search.found;
}

static bt_addr_le_t address_of(const struct wamr_ble_bond *bond)
{
	bt_addr_le_t address = {.type = bond->random ? BT_ADDR_LE_RANDOM : BT_ADDR_LE_PUBLIC};

	memcpy(address.a.val, bond->address, sizeof(bond->address));
	return address;
}

static void by_address(const struct bt_bond_info *info, void *data)
{
	struct search *search = data;
	bt_addr_le_t wanted = address_of(search->bond);

	if (bt_addr_le_eq(&info->addr, &wanted)) {
		take(search, &info->addr);
	}
}

static bt_addr_le_t leaving;

static void unpair_leaving(struct k_work *work)
{
	bt_unpair(BT_ID_DEFAULT, &leaving);
}

static K_WORK_DELAYABLE_DEFINE(unpairing, unpair_leaving);

bool wamr_ble_find_bond(struct wamr_ble_bond *bond)
{
	struct search search = {.bond = bond};

	bt_foreach_bond(BT_ID_DEFAULT, by_address, &search);
	return search.found;
}

bool wamr_ble_unpair(const struct wamr_ble_bond *bond)
{
	bt_addr_le_t address = address_of(bond);

	if (!bond->current) {
		return bt_unpair(BT_ID_DEFAULT, &address) == 0;
	}
	/* A client may have disconnected before its bond was removed, and another one connected. */
	if (k_work_delayable_is_pending(&unpairing)) {
		bt_unpair(BT_ID_DEFAULT, &leaving);
	}
	leaving = address;
	k_work_schedule(&unpairing, ANSWER_TIME);
	return true;
}
