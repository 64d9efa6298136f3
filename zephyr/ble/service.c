/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The GATT table, which Zephyr's macros build. Rust code interprets the values.
 */

#include <zephyr/bluetooth/gatt.h>

#include "ble.h"

/* The error in docs/protocol.md for an ATT MTU that is too small for a message. */
#define SERVICE_ERR_MTU_TOO_SMALL 0x80

/* Permissions check the security of a link. This checks that the link is the client's. */
static int check(struct bt_conn *conn)
{
	return wamr_ble_is_admitted(conn) ? 0 : BT_GATT_ERR(BT_ATT_ERR_AUTHORIZATION);
}

/* Like `check`, for accesses that lead to a notification. */
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
	wamr_ble_is_active();
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
	wamr_ble_is_active();
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
 * Level 4 requires both permissions of each pair. The first alone requires Secure Connections keys, authenticated or not, and in
 * versions with CVE-2024-1638 nothing at all. The second alone also accepts a legacy pairing.
 */
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
BUILD_ASSERT(CONFIG_BT_SMP_MIN_ENC_KEY_SIZE == 16, "level 4 requires 128-bit keys");
#define SERVICE_PERM_READ  (BT_GATT_PERM_READ_LESC | BT_GATT_PERM_READ_AUTHEN)
#define SERVICE_PERM_WRITE (BT_GATT_PERM_WRITE_LESC | BT_GATT_PERM_WRITE_AUTHEN)
#else
#define SERVICE_PERM_READ  BT_GATT_PERM_READ
#define SERVICE_PERM_WRITE BT_GATT_PERM_WRITE
#endif

/* The Core specification (Vol 3, Part G, 3.3.3.3) requires no security to read the descriptor. */
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
#ifdef CONFIG_WAMR_ZEPHYR_HOST_MESSAGE
	BT_GATT_CHARACTERISTIC(&wamr_ble_message_uuid.uuid, BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
	SERVICE_CCC,
#endif
);

/*
 * The number of notifications in progress, including those that wait for a buffer. A log line or a message of an app is sent only if it
 * does not have to wait for a buffer.
 */
static atomic_t under_way;

static void notified(struct bt_conn *conn, void *data)
{
	if (atomic_dec(&under_way) <= 0) {
		/* It was for a client that has disconnected. */
		atomic_inc(&under_way);
	}
}

void wamr_ble_notified_all(void)
{
	atomic_clear(&under_way);
}

/*
 * Notifies only the client's link. Zephyr's default is every subscribed link. It checks no security for a value without read
 * permissions, and bonds keep their subscriptions. It would therefore also notify a device that spoofs a bonded client's address.
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

#if defined(CONFIG_WAMR_ZEPHYR_BLE_LOG) || defined(CONFIG_WAMR_ZEPHYR_HOST_MESSAGE)
/* A client's request may need one buffer for its response. */
#define APP_BUFFERS (CONFIG_BT_ATT_TX_COUNT - 2)
BUILD_ASSERT(APP_BUFFERS >= 0, "CONFIG_BT_ATT_TX_COUNT must be at least 2");

/* Notifies the client for an app, which must not wait for a buffer: returns 1 if there is none. */
static int notify_at_once(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len)
{
	if (atomic_inc(&under_way) <= APP_BUFFERS) {
		return notify(uuid, value, len);
	}
	atomic_dec(&under_way);
	return 1;
}
#endif

#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
void wamr_ble_log(const uint8_t *text, uint16_t len)
{
	(void)notify_at_once(&wamr_ble_log_uuid, text, len);
}
#endif

#ifdef CONFIG_WAMR_ZEPHYR_HOST_MESSAGE
int wamr_ble_message(const uint8_t *value, uint16_t len)
{
	return notify_at_once(&wamr_ble_message_uuid, value, len);
}
#endif
