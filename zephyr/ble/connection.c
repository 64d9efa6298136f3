/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Advertising and connections: one client at a time, of which Rust hears when it may use the service.
 */

#include <zephyr/bluetooth/bluetooth.h>

#include "ble.h"

/* --- Advertising ----------------------------------------------------------------------------------------------- */

static const struct bt_data advertisement[] = {
	BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL | BT_LE_AD_NO_BREDR),
	BT_DATA(BT_DATA_UUID128_ALL, wamr_ble_service_uuid.val, sizeof(wamr_ble_service_uuid.val)),
};

static const struct bt_data scan_response[] = {
	BT_DATA(BT_DATA_NAME_COMPLETE, CONFIG_BT_DEVICE_NAME, sizeof(CONFIG_BT_DEVICE_NAME) - 1),
};

static int advertise(void)
{
	return bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, advertisement, ARRAY_SIZE(advertisement), scan_response,
			       ARRAY_SIZE(scan_response));
}

static void advertise_again(struct k_work *work)
{
	int err = advertise();

	if (err) {
		printk("wamr: cannot advertise: error %d\n", err);
	}
}

static K_WORK_DEFINE(advertising, advertise_again);

/* --- A client that is not secure keeps others out, so its time is limited ---------------------------------------- */

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
/* What a user may need for a pairing. */
#define UNSECURED K_SECONDS(60)

static void hang_up_on(struct bt_conn *conn, void *data)
{
	if (!wamr_ble_is_secure(bt_conn_get_security(conn))) {
		bt_conn_disconnect(conn, BT_HCI_ERR_AUTH_FAIL);
	}
}

static void hang_up(struct k_work *work)
{
	bt_conn_foreach(BT_CONN_TYPE_LE, hang_up_on, NULL);
}

static K_WORK_DELAYABLE_DEFINE(hanging_up, hang_up);
#endif

/* --- Connections ----------------------------------------------------------------------------------------------- */

/* Whether Rust knows of the client. */
static bool admitted;

static void admit_if_secure(bt_security_t level)
{
	if (!admitted && wamr_ble_is_secure(level)) {
		admitted = true;
		wamr_ble_connected();
	}
}

static void connected(struct bt_conn *conn, uint8_t err)
{
	if (err == 0) {
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
		k_work_reschedule(&hanging_up, UNSECURED);
#endif
		admit_if_secure(BT_SECURITY_L1);
	}
}

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
static void security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
	if (err == 0) {
		admit_if_secure(level);
	}
}
#endif

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
	k_work_cancel_delayable(&hanging_up);
#endif
	if (admitted) {
		admitted = false;
		wamr_ble_disconnected();
	}
}

/* Runs in the depth of the stack, where nothing of it may be called. */
static void recycled(void)
{
	wamr_ble_notified_all();
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
