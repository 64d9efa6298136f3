/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Advertising and connections. There is one client at a time, and Rust learns of it when it may use the service. Other links are the
 * product's own: this file does not end, count or serve them.
 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/logging/log.h>

#include "ble.h"

LOG_MODULE_REGISTER(wamr, CONFIG_WAMR_ZEPHYR_LOG_LEVEL);

/* --- The client ------------------------------------------------------------------------------------------------ */

/* The link that resulted from this file's advertising, with a reference. Zephyr's Bluetooth thread changes it. */
static struct bt_conn *client;

/* Whether Rust knows the client. Its link is then secure. */
static bool admitted;

/* Protects reads from other threads. */
static struct k_spinlock lock;

bool wamr_ble_is_client(const struct bt_conn *conn)
{
	return conn == client;
}

bool wamr_ble_is_admitted(const struct bt_conn *conn)
{
	return admitted && conn == client;
}

struct bt_conn *wamr_ble_client(void)
{
	struct bt_conn *conn = NULL;

	K_SPINLOCK(&lock) {
		if (admitted) {
			conn = bt_conn_ref(client);
		}
	}
	return conn;
}

/* --- Advertising ----------------------------------------------------------------------------------------------- */

static const struct bt_data advertisement[] = {
	BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR),
	BT_DATA(BT_DATA_UUID128_ALL, wamr_ble_service_uuid.val, sizeof(wamr_ble_service_uuid.val)),
};

static const struct bt_data scan_response[] = {
	BT_DATA(BT_DATA_NAME_COMPLETE, CONFIG_BT_DEVICE_NAME, sizeof(CONFIG_BT_DEVICE_NAME) - 1),
};

/* In units of 0.625 ms. */
#define INTERVAL_MIN (CONFIG_WAMR_ZEPHYR_BLE_ADVERTISING_MS * 8 / 5)
#define INTERVAL_MAX (2 * INTERVAL_MIN)

/* Fails while the product's own links use all connections. It is tried again when one of them ends. */
static int advertise(void)
{
	return bt_le_adv_start(BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN, INTERVAL_MIN, INTERVAL_MAX, NULL), advertisement,
			       ARRAY_SIZE(advertisement), scan_response, ARRAY_SIZE(scan_response));
}

/* While a client is connected, the device sends the same advertisement but accepts no connection, so that other clients see that it is
 * busy. Without BT_LE_ADV_OPT_USE_IDENTITY, Zephyr would use a random address. With privacy, the identity must stay hidden.
 */
#define BUSY_OPTIONS      (IS_ENABLED(CONFIG_BT_PRIVACY) ? 0 : BT_LE_ADV_OPT_USE_IDENTITY)
#define BUSY_INTERVAL_MIN 0x0190 /* 250 ms, in units of 0.625 ms */
#define BUSY_INTERVAL_MAX 0x0320 /* 500 ms */

static int advertise_busy(void)
{
	return bt_le_adv_start(BT_LE_ADV_PARAM(BUSY_OPTIONS, BUSY_INTERVAL_MIN, BUSY_INTERVAL_MAX, NULL), advertisement,
			       ARRAY_SIZE(advertisement), scan_response, ARRAY_SIZE(scan_response));
}

/* Whether the device does that now. Only the work below uses it. */
static bool busy;

static void advertise_again(struct k_work *work)
{
	/* If one of the product's own links was recycled, nothing has changed. */
	bool has_client = client != NULL;
	int err;

	if (busy && has_client) {
		return;
	}
	if (busy) {
		busy = false;
		err = bt_le_adv_stop();
		if (err) {
			LOG_ERR("cannot stop advertising: error %d", err);
		}
	}
	err = has_client ? advertise_busy() : advertise();
	busy = has_client && !err;
	if (err && err != -EALREADY) {
		LOG_ERR("cannot advertise: error %d", err);
	}
}

static K_WORK_DEFINE(advertising, advertise_again);

/* --- Time limit: a client that is not secure keeps others out -------------------------------------------------- */

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
static void hang_up(struct k_work *work)
{
	if (client && !admitted) {
		bt_conn_disconnect(client, BT_HCI_ERR_AUTH_FAIL);
	}
}

static K_WORK_DELAYABLE_DEFINE(hanging_up, hang_up);
#endif

/* --- Connections ----------------------------------------------------------------------------------------------- */

static void admit_if_secure(const struct bt_conn *conn, bt_security_t level)
{
	if (!admitted && wamr_ble_is_secure(level)) {
		admitted = true;
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
		admitted = wamr_ble_connected(wamr_ble_is_owner(conn));
#else
		admitted = wamr_ble_connected(true);
#endif
		if (!admitted) {
			bt_conn_disconnect(client, BT_HCI_ERR_REMOTE_LOW_RESOURCES);
			return;
		}
		wamr_ble_speed_start();
	}
}

/* Whether a new link resulted from this file's advertising. */
static bool is_ours(struct bt_conn *conn)
{
	struct bt_conn_info info;

	return !client && bt_conn_get_info(conn, &info) == 0 && info.role == BT_CONN_ROLE_PERIPHERAL &&
	       info.id == BT_ID_DEFAULT;
}

static void connected(struct bt_conn *conn, uint8_t err)
{
	if (err || !is_ours(conn)) {
		return;
	}
	client = bt_conn_ref(conn);
	wamr_ble_notified_all();
	k_work_submit(&advertising);
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
	k_work_reschedule(&hanging_up, K_SECONDS(CONFIG_WAMR_ZEPHYR_BLE_UNSECURED_SECONDS));
#endif
	admit_if_secure(conn, BT_SECURITY_L1);
}

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
static void security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
	if (err == 0 && conn == client) {
		admit_if_secure(conn, level);
	}
}
#endif

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
	bool known = admitted;

	if (conn != client) {
		return;
	}
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
	k_work_cancel_delayable(&hanging_up);
#endif
	K_SPINLOCK(&lock) {
		client = NULL;
		admitted = false;
	}
	bt_conn_unref(conn);
	if (known) {
		wamr_ble_disconnected();
	}
}

/* Runs deep in the Bluetooth stack, where calls into the stack are not allowed. */
static void recycled(void)
{
	k_work_submit(&advertising);
}

BT_CONN_CB_DEFINE(callbacks) = {
	.connected = connected,
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
	.security_changed = security_changed,
#endif
	.disconnected = disconnected,
	.recycled = recycled,
};

int wamr_ble_start(void)
{
	int err = bt_enable(NULL);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
	if (err == 0) {
		err = wamr_ble_pairing_start();
	}
#endif
	return err ? err : advertise();
}
