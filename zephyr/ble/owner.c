/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The owner of the device: the first client that pairs. All others are operators. docs/security.md describes the rules.
 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/logging/log.h>
#include <zephyr/settings/settings.h>

#include "ble.h"

LOG_MODULE_DECLARE(wamr, CONFIG_WAMR_ZEPHYR_LOG_LEVEL);

#define OWNER_KEY "wamr/owner"

/*
 * The owner's address. BT_ADDR_LE_ANY: the next client that pairs. BT_ADDR_LE_NONE: nobody, because a client has paired again under
 * the owner's address. The address is not secret, so this client could be anybody.
 */
static bt_addr_le_t owner;

/* The link of a client that is pairing. It may be admitted, but its address does not give it the role of an earlier bond. */
static const struct bt_conn *pairing;

static void set_owner(const bt_addr_le_t *address)
{
	int err;

	bt_addr_le_copy(&owner, address);
	err = settings_save_one(OWNER_KEY, &owner, sizeof(owner));
	if (err) {
		LOG_ERR("cannot store who the owner is: error %d", err);
	}
}

bool wamr_ble_owns(const bt_addr_le_t *address)
{
	return bt_addr_le_eq(&owner, address);
}

bool wamr_ble_is_owner(const struct bt_conn *conn)
{
	return wamr_ble_owns(conn == pairing ? BT_ADDR_LE_ANY : bt_conn_get_dst(conn));
}

void wamr_ble_is_pairing(const struct bt_conn *conn)
{
	pairing = conn;
}

/* Called for every link, because a bond of the application also admits a client. */
static void pairing_complete(struct bt_conn *conn, bool bonded)
{
	struct bt_conn_info info;

	if (bt_conn_get_info(conn, &info) == 0 && info.id == BT_ID_DEFAULT && wamr_ble_owns(bt_conn_get_dst(conn))) {
		LOG_WRN("the owner paired again and is an operator now");
		set_owner(BT_ADDR_LE_NONE);
	} else if (conn == pairing && wamr_ble_owns(BT_ADDR_LE_ANY)) {
		set_owner(bt_conn_get_dst(conn));
	}
	if (conn == pairing) {
		pairing = NULL;
	}
}

static void pairing_failed(struct bt_conn *conn, enum bt_security_err reason)
{
	if (conn == pairing) {
		pairing = NULL;
	}
}

static void bond_deleted(uint8_t id, const bt_addr_le_t *peer)
{
	if (id == BT_ID_DEFAULT && wamr_ble_owns(peer)) {
		set_owner(BT_ADDR_LE_ANY);
	}
}

static struct bt_conn_auth_info_cb results = {
	.pairing_complete = pairing_complete,
	.pairing_failed = pairing_failed,
	.bond_deleted = bond_deleted,
};

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
	pairing_failed(conn, BT_SECURITY_ERR_UNSPECIFIED);
}

BT_CONN_CB_DEFINE(links) = {
	.disconnected = disconnected,
};

void wamr_ble_forget_clients(void)
{
	set_owner(BT_ADDR_LE_ANY);
	(void)bt_unpair(BT_ID_DEFAULT, BT_ADDR_LE_ANY);
	printk("wamr: all clients are forgotten\n");
}

static int load(const char *key, size_t len, settings_read_cb read, void *arg, void *is_known)
{
	if (len == sizeof(owner)) {
		if (read(arg, &owner, sizeof(owner)) != sizeof(owner)) {
			return -EIO;
		}
		*(bool *)is_known = true;
	}
	return 0;
}

struct bonds {
	bt_addr_le_t last;
	uint8_t count;
};

static void count_bond(const struct bt_bond_info *info, void *data)
{
	struct bonds *bonds = data;

	bt_addr_le_copy(&bonds->last, &info->addr);
	bonds->count++;
}

/*
 * Handles bonds without an owner: firmware without roles made them, or the power was cut between the first bond and the record of its
 * owner. A single client becomes the owner. With several clients, the owner is unknown, and a new client must not become the owner.
 */
static void adopt_owner(void)
{
	struct bonds bonds = {.count = 0};

	bt_foreach_bond(BT_ID_DEFAULT, count_bond, &bonds);
	if (bonds.count == 1) {
		set_owner(&bonds.last);
	} else if (bonds.count > 1) {
		LOG_WRN("nobody owns the device: remove all bonds to make the next client its owner");
		set_owner(BT_ADDR_LE_NONE);
	}
}

int wamr_ble_owner_start(void)
{
	bool is_known = false;
	int err = bt_conn_auth_info_cb_register(&results);

	if (err == 0) {
		err = settings_load_subtree_direct(OWNER_KEY, load, &is_known);
	}
	if (err == 0 && !is_known) {
		adopt_owner();
	}
#ifdef CONFIG_WAMR_ZEPHYR_BLE_BUTTON
	if (err == 0) {
		wamr_ble_button_start();
	}
#endif
	return err;
}
