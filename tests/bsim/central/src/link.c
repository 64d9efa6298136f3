/* SPDX-License-Identifier: Apache-2.0 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/gatt.h>

#include "arguments.h"
#include "link.h"
#include "report.h"
#include "service.h"

#define DEFAULT_MTU 23

struct bt_conn *link_conn;

static K_SEM_DEFINE(is_connected, 0, 1);
static K_SEM_DEFINE(is_disconnected, 0, 1);
static K_SEM_DEFINE(is_done, 0, 1);

int link_wait(struct k_sem *given, uint32_t seconds)
{
	int64_t end = k_uptime_get() + seconds * MSEC_PER_SEC;

	while (link_conn && k_uptime_get() < end) {
		if (k_sem_take(given, K_MSEC(10)) == 0) {
			return 0;
		}
	}
	return link_conn ? -EAGAIN : -ENOTCONN;
}

/* --- Events of the link ---------------------------------------------------------------------------------------- */

static void connected(struct bt_conn *conn, uint8_t err)
{
	if (err) {
		report("failed=%u", err);
		bt_conn_unref(link_conn);
		link_conn = NULL;
	}
	k_sem_give(&is_connected);
}

static void disconnected(struct bt_conn *conn, uint8_t reason)
{
	report("disconnected=%u", reason);
	bt_conn_unref(link_conn);
	link_conn = NULL;
	k_sem_give(&is_disconnected);
}

static bool param_requested(struct bt_conn *conn, struct bt_le_conn_param *param)
{
	report("requested=%u-%u latency=%u timeout=%u", param->interval_min, param->interval_max, param->latency, param->timeout);
	return arguments.accept;
}

static void param_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
	report("interval=%u latency=%u timeout=%u", interval, latency, timeout);
}

static void phy_updated(struct bt_conn *conn, struct bt_conn_le_phy_info *phy)
{
	report("phy=%u", phy->tx_phy);
	k_sem_give(&is_done);
}

static void data_length_updated(struct bt_conn *conn, struct bt_conn_le_data_len_info *length)
{
	report("length=%u/%u", length->tx_max_len, length->rx_max_len);
	k_sem_give(&is_done);
}

static void security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
	report("security=%u error=%u", level, err);
	k_sem_give(&is_done);
}

BT_CONN_CB_DEFINE(callbacks) = {
	.connected = connected,
	.disconnected = disconnected,
	.le_param_req = param_requested,
	.le_param_updated = param_updated,
	.le_phy_updated = phy_updated,
	.le_data_len_updated = data_length_updated,
	.security_changed = security_changed,
};

/* --- Pairing --------------------------------------------------------------------------------------------------- */

static void enter_passkey(struct bt_conn *conn)
{
	bt_conn_auth_passkey_entry(conn, arguments.passkey);
}

static void cancelled(struct bt_conn *conn)
{
}

static struct bt_conn_auth_cb keyboard = {
	.passkey_entry = enter_passkey,
	.cancel = cancelled,
};

/* --- Finding and connecting ------------------------------------------------------------------------------------ */

static bool has_service(struct bt_data *data, void *found)
{
	if (data->type == BT_DATA_UUID128_ALL && data->data_len == BT_UUID_SIZE_128) {
		*(bool *)found = memcmp(data->data, service_uuid.val, BT_UUID_SIZE_128) == 0;
	}
	return !*(bool *)found;
}

static void advertised(const bt_addr_le_t *address, int8_t rssi, uint8_t type, struct net_buf_simple *data)
{
	struct bt_le_conn_param param = {
		.interval_min = arguments.interval,
		.interval_max = arguments.interval,
		.timeout = arguments.timeout,
	};
	bool found = false;

	if (type != BT_GAP_ADV_TYPE_ADV_IND || link_conn) {
		return;
	}
	bt_data_parse(data, has_service, &found);
	if (found && bt_le_scan_stop() == 0) {
		int err = bt_conn_le_create(address, BT_CONN_LE_CREATE_CONN, &param, &link_conn);

		if (err) {
			report("create=%d", err);
			k_sem_give(&is_connected);
		}
	}
}

static void mtu_exchanged(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
	report("mtu=%u", bt_gatt_get_mtu(conn));
	k_sem_give(&is_done);
}

/* Waits for the answer to a request that was made. */
static int answered(int err)
{
	return err ? err : link_wait(&is_done, 30);
}

static int raise_everything(void)
{
	static struct bt_gatt_exchange_params exchange = {.func = mtu_exchanged};
	int err = 0;

	if (arguments.phy == 2) {
		err = answered(bt_conn_le_phy_update(link_conn, BT_CONN_LE_PHY_PARAM_2M));
	}
	if (!err && arguments.dle) {
		err = answered(bt_conn_le_data_len_update(link_conn, BT_LE_DATA_LEN_PARAM_MAX));
	}
	if (!err && bt_gatt_get_mtu(link_conn) == DEFAULT_MTU) {
		err = answered(bt_gatt_exchange_mtu(link_conn, &exchange));
	}
	if (!err && arguments.pair) {
		err = answered(bt_conn_set_security(link_conn, BT_SECURITY_L4));
		if (!err && bt_conn_get_security(link_conn) != BT_SECURITY_L4) {
			err = -EACCES;
		}
	}
	return err;
}

void link_start(void)
{
	bt_conn_auth_cb_register(&keyboard);
	if (bt_enable(NULL)) {
		report("error=bt_enable");
	}
}

int link_open(void)
{
	int err;

	k_sem_reset(&is_connected);
	err = bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, advertised);
	if (err) {
		report("scan=%d", err);
		return err;
	}
	k_sem_take(&is_connected, K_FOREVER);
	if (!link_conn) {
		return -ENOTCONN;
	}
	report("connected");
	k_sem_reset(&is_disconnected);
	k_sem_reset(&is_done);
	return raise_everything();
}

void link_close(void)
{
	if (link_conn && bt_conn_disconnect(link_conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN) == 0) {
		k_sem_take(&is_disconnected, K_SECONDS(60));
	}
}
