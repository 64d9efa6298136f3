/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The GATT table: what Zephyr's macros build. What the values mean is decided in Rust.
 */

#include <zephyr/bluetooth/gatt.h>

#include "ble.h"

static ssize_t write_data(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *value, uint16_t len,
			  uint16_t offset, uint8_t flags)
{
	if (offset != 0) {
		return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
	}
	wamr_ble_data(value, len);
	return len;
}

static ssize_t write_control(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *value, uint16_t len,
			     uint16_t offset, uint8_t flags)
{
	if (offset != 0) {
		return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
	}
	wamr_ble_control(value, len);
	return len;
}

static ssize_t read_status(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
			   uint16_t offset)
{
	ssize_t copied = wamr_ble_status(buf, len, offset);

	return copied < 0 ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : copied;
}

static ssize_t read_result(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
			   uint16_t offset)
{
	ssize_t copied = wamr_ble_receipt(buf, len, offset);

	return copied < 0 ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : copied;
}

/*
 * Level 4 takes both of each pair. Alone, the first asks for keys of Secure Connections, authenticated or not, and in
 * versions with CVE-2024-1638 for nothing at all; the second also takes a legacy pairing.
 */
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
BUILD_ASSERT(CONFIG_BT_SMP_MIN_ENC_KEY_SIZE == 16, "level 4 takes keys of 128 bits");
#define READ  (BT_GATT_PERM_READ_LESC | BT_GATT_PERM_READ_AUTHEN)
#define WRITE (BT_GATT_PERM_WRITE_LESC | BT_GATT_PERM_WRITE_AUTHEN)
#else
#define READ  BT_GATT_PERM_READ
#define WRITE BT_GATT_PERM_WRITE
#endif

/* Reading the descriptor takes no security, says the Core specification (Vol 3, Part G, 3.3.3.3). */
#define NOTIFIES BT_GATT_CCC(NULL, BT_GATT_PERM_READ | WRITE)

BT_GATT_SERVICE_DEFINE(wamr_service,
	BT_GATT_PRIMARY_SERVICE(&wamr_ble_service_uuid),
	BT_GATT_CHARACTERISTIC(&wamr_ble_data_uuid.uuid, BT_GATT_CHRC_WRITE_WITHOUT_RESP,
			       WRITE, NULL, write_data, NULL),
	BT_GATT_CHARACTERISTIC(&wamr_ble_control_uuid.uuid, BT_GATT_CHRC_WRITE | BT_GATT_CHRC_NOTIFY,
			       WRITE, NULL, write_control, NULL),
	NOTIFIES,
	BT_GATT_CHARACTERISTIC(&wamr_ble_status_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       READ, read_status, NULL, NULL),
	NOTIFIES,
	BT_GATT_CHARACTERISTIC(&wamr_ble_result_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       READ, read_result, NULL, NULL),
	NOTIFIES,
#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
	BT_GATT_CHARACTERISTIC(&wamr_ble_log_uuid.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	NOTIFIES,
#endif
);

/*
 * Notifications on their way, those that wait for a buffer included: so that a log knows, before it asks for a buffer, that it
 * will not have to wait for one.
 */
static atomic_t under_way;

static void notified(struct bt_conn *conn, void *data)
{
	if (atomic_dec(&under_way) <= 0) {
		/* There is more than one connection, and another's was counted. */
		atomic_inc(&under_way);
	}
}

void wamr_ble_notified_all(void)
{
	atomic_clear(&under_way);
}

static int notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len)
{
	struct bt_gatt_notify_params params = {
		.uuid = &uuid->uuid, .attr = wamr_service.attrs, .data = value, .len = len, .func = notified,
	};
	int err = bt_gatt_notify_cb(NULL, &params);

	if (err) {
		notified(NULL, NULL);
	}
	return err;
}

int wamr_ble_notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len)
{
	atomic_inc(&under_way);
	return notify(uuid, value, len);
}

#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
/* A request of the client may take one buffer for its response. */
#define FOR_LOG (CONFIG_BT_ATT_TX_COUNT - 2)
BUILD_ASSERT(FOR_LOG >= 0, "CONFIG_BT_ATT_TX_COUNT must be 2 at least");

void wamr_ble_log(const uint8_t *text, uint16_t len)
{
	if (atomic_inc(&under_way) <= FOR_LOG) {
		(void)notify(&wamr_ble_log_uuid, text, len);
	} else {
		atomic_dec(&under_way);
	}
}
#endif
