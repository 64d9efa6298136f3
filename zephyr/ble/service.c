/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The GATT table: what Zephyr's macros build. What the values mean is decided in Rust.
 */

#include <zephyr/bluetooth/gatt.h>

#include "ble.h"

/* The error of docs/protocol.md for an ATT MTU into which a message might not fit. */
#define SERVICE_ERR_MTU_TOO_SMALL 0x80

/* Permissions say what a link must be like; this, whether it is that of the client. */
static int check(struct bt_conn *conn)
{
	return wamr_ble_is_admitted(conn) ? 0 : BT_GATT_ERR(BT_ATT_ERR_AUTHORIZATION);
}

/* As `check`, for what a notification follows. */
static int check_mtu(struct bt_conn *conn)
{
	int err = check(conn);

	return err == 0 && bt_gatt_get_mtu(conn) < wamr_ble_att_mtu_min ? BT_GATT_ERR(SERVICE_ERR_MTU_TOO_SMALL) : err;
}

static ssize_t write_data(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *value, uint16_t len,
			  uint16_t offset, uint8_t flags)
{
	int err = offset ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : check(conn);

	if (err) {
		return err;
	}
	wamr_ble_data(value, len);
	return len;
}

static ssize_t write_control(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *value, uint16_t len,
			     uint16_t offset, uint8_t flags)
{
	int err = offset ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : check_mtu(conn);

	if (err) {
		return err;
	}
	wamr_ble_control(value, len);
	return len;
}

static ssize_t read_status(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
			   uint16_t offset)
{
	int err = check(conn);
	ssize_t copied = err ? err : wamr_ble_status(buf, len, offset);

	return copied == -1 ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : copied;
}

static ssize_t read_result(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
			   uint16_t offset)
{
	int err = check(conn);
	ssize_t copied = err ? err : wamr_ble_receipt(buf, len, offset);

	return copied == -1 ? BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET) : copied;
}

static ssize_t subscribe(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t value)
{
	int err = value ? check_mtu(conn) : 0;

	return err ? err : sizeof(value);
}

/*
 * Level 4 takes both of each pair. Alone, the first asks for keys of Secure Connections, authenticated or not, and in
 * versions with CVE-2024-1638 for nothing at all; the second also takes a legacy pairing.
 */
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
BUILD_ASSERT(CONFIG_BT_SMP_MIN_ENC_KEY_SIZE == 16, "level 4 takes keys of 128 bits");
#define SERVICE_PERM_READ  (BT_GATT_PERM_READ_LESC | BT_GATT_PERM_READ_AUTHEN)
#define SERVICE_PERM_WRITE (BT_GATT_PERM_WRITE_LESC | BT_GATT_PERM_WRITE_AUTHEN)
#else
#define SERVICE_PERM_READ  BT_GATT_PERM_READ
#define SERVICE_PERM_WRITE BT_GATT_PERM_WRITE
#endif

/* Reading the descriptor takes no security, says the Core specification (Vol 3, Part G, 3.3.3.3). */
#define SERVICE_CCC                                                                                                    \
	BT_GATT_CCC_MANAGED(((struct _bt_gatt_ccc[]){BT_GATT_CCC_INITIALIZER(NULL, subscribe, NULL)}),                 \
			    BT_GATT_PERM_READ | SERVICE_PERM_WRITE)

BT_GATT_SERVICE_DEFINE(wamr_service,
	BT_GATT_PRIMARY_SERVICE(&wamr_ble_service_uuid),
	BT_GATT_CHARACTERISTIC(&wamr_ble_data_uuid.uuid, BT_GATT_CHRC_WRITE_WITHOUT_RESP,
			       SERVICE_PERM_WRITE, NULL, write_data, NULL),
	BT_GATT_CHARACTERISTIC(&wamr_ble_control_uuid.uuid, BT_GATT_CHRC_WRITE | BT_GATT_CHRC_NOTIFY,
			       SERVICE_PERM_WRITE, NULL, write_control, NULL),
	SERVICE_CCC,
	BT_GATT_CHARACTERISTIC(&wamr_ble_status_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       SERVICE_PERM_READ, read_status, NULL, NULL),
	SERVICE_CCC,
	BT_GATT_CHARACTERISTIC(&wamr_ble_result_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       SERVICE_PERM_READ, read_result, NULL, NULL),
	SERVICE_CCC,
#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
	BT_GATT_CHARACTERISTIC(&wamr_ble_log_uuid.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	SERVICE_CCC,
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
		/* It was for a client that is gone. */
		atomic_inc(&under_way);
	}
}

void wamr_ble_notified_all(void)
{
	atomic_clear(&under_way);
}

/*
 * Only the client's link is notified. Zephyr's choice, every link for which somebody has subscribed, asks no security where the
 * value has none to be read with, and bonds keep their subscriptions: it would notify who takes a bonded client's address.
 */
static int notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len)
{
	struct bt_gatt_notify_params params = {.data = value, .len = len, .func = notified};
	struct bt_conn *conn = wamr_ble_client();
	int err = -ENOTCONN;

	params.attr = bt_gatt_find_by_uuid(wamr_service.attrs, wamr_service.attr_count, &uuid->uuid);
	if (conn) {
		if (bt_gatt_is_subscribed(conn, params.attr, BT_GATT_CCC_NOTIFY)) {
			err = bt_gatt_notify_cb(conn, &params);
		}
		bt_conn_unref(conn);
	}
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
#define LOG_BUFFERS (CONFIG_BT_ATT_TX_COUNT - 2)
BUILD_ASSERT(LOG_BUFFERS >= 0, "CONFIG_BT_ATT_TX_COUNT must be 2 at least");

void wamr_ble_log(const uint8_t *text, uint16_t len)
{
	if (atomic_inc(&under_way) <= LOG_BUFFERS) {
		(void)notify(&wamr_ble_log_uuid, text, len);
	} else {
		atomic_dec(&under_way);
	}
}
#endif
