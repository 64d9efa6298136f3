/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The GATT table, advertising and connection callbacks: what Zephyr's macros build. What the values mean is decided in
 * Rust, behind the functions below. Both sides are declared again in wamr-zephyr/src/ble/ffi.rs.
 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/uuid.h>

/* --- What Rust provides ---------------------------------------------------------------------------------------- */

/* The UUIDs of wamr_proto::uuid, so that they are written once. */
extern const struct bt_uuid_128 wamr_ble_service_uuid, wamr_ble_data_uuid, wamr_ble_control_uuid,
	wamr_ble_status_uuid, wamr_ble_result_uuid;

BUILD_ASSERT(sizeof(struct bt_uuid_128) == 17 && BT_UUID_TYPE_128 == 2, "Uuid in wamr-zephyr/src/ble/ffi.rs");

void wamr_ble_connected(void);
void wamr_ble_disconnected(void);
void wamr_ble_data(const uint8_t *value, size_t len);
void wamr_ble_control(const uint8_t *value, size_t len);
/* Copy the value from `offset` on, at most `size` bytes, and return how many; -1 when it ends before `offset`. */
ssize_t wamr_ble_status(uint8_t *buf, size_t size, size_t offset);
ssize_t wamr_ble_receipt(uint8_t *buf, size_t size, size_t offset);

/* --- GATT ------------------------------------------------------------------------------------------------------ */

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

#define NOTIFIES BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)

BT_GATT_SERVICE_DEFINE(wamr_service,
	BT_GATT_PRIMARY_SERVICE(&wamr_ble_service_uuid),
	BT_GATT_CHARACTERISTIC(&wamr_ble_data_uuid.uuid, BT_GATT_CHRC_WRITE_WITHOUT_RESP,
			       BT_GATT_PERM_WRITE, NULL, write_data, NULL),
	BT_GATT_CHARACTERISTIC(&wamr_ble_control_uuid.uuid, BT_GATT_CHRC_WRITE | BT_GATT_CHRC_NOTIFY,
			       BT_GATT_PERM_WRITE, NULL, write_control, NULL),
	NOTIFIES,
	BT_GATT_CHARACTERISTIC(&wamr_ble_status_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       BT_GATT_PERM_READ, read_status, NULL, NULL),
	NOTIFIES,
	BT_GATT_CHARACTERISTIC(&wamr_ble_result_uuid.uuid, BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
			       BT_GATT_PERM_READ, read_result, NULL, NULL),
	NOTIFIES,
);

/* Waits for a free buffer. `uuid` is one of the above; an error when the client has not subscribed or is gone. */
int wamr_ble_notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len)
{
	return bt_gatt_notify_uuid(NULL, &uuid->uuid, wamr_service.attrs, value, len);
}

/* --- Advertising and connections ------------------------------------------------------------------------------- */

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

static void connected(struct bt_conn *conn, uint8_t err)
{
	if (err == 0) {
		wamr_ble_connected();
	}
}

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
	wamr_ble_disconnected();
}

/* Runs in the depth of the stack, where nothing of it may be called. */
static void recycled(void)
{
	k_work_submit(&advertising);
}

BT_CONN_CB_DEFINE(callbacks) = {
	.connected = connected,
	.disconnected = disconnected,
	.recycled = recycled,
};

int wamr_ble_start(void)
{
	int err = bt_enable(NULL);

	return err ? err : advertise();
}
