/* SPDX-License-Identifier: Apache-2.0 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/sys/byteorder.h>

#include "arguments.h"
#include "link.h"
#include "report.h"
#include "service.h"

#define DEFAULT_MTU 23

struct bt_conn *link_conn;

static K_SEM_DEFINE(is_connected, 0, 1);
static K_SEM_DEFINE(is_disconnected, 0, 1);

/* The device changes the link as well, at any time, so each wait is for a state of the link, and not for the next event. */
static K_SEM_DEFINE(has_phy, 0, 1);
static K_SEM_DEFINE(is_long, 0, 1);
static K_SEM_DEFINE(has_mtu, 0, 1);
static K_SEM_DEFINE(security_has_changed, 0, 1);

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
	if (phy->tx_phy == (arguments.phy == 1 ? BT_GAP_LE_PHY_1M : BT_GAP_LE_PHY_2M)) {
		k_sem_give(&has_phy);
	}
}

static void data_length_updated(struct bt_conn *conn, struct bt_conn_le_data_len_info *length)
{
	report("length=%u/%u", length->tx_max_len, length->rx_max_len);
	if (length->tx_max_len == BT_GAP_DATA_LEN_MAX) {
		k_sem_give(&is_long);
	}
}

static void security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
	report("security=%u error=%u", level, err);
	if (level == BT_SECURITY_L4 || err) {
		k_sem_give(&security_has_changed);
	}
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
	k_sem_give(&has_mtu);
}

/* Waits for the state of the link that a request asked for. `err` is the result of the request. */
static int reached(int err, struct k_sem *state)
{
	if (err == -EALREADY) {
		return 0;
	}
	return err ? err : link_wait(state, 30);
}

static int raise_everything(struct bt_conn *conn)
{
	static struct bt_gatt_exchange_params exchange = {.func = mtu_exchanged};
	int err = 0;

	if (arguments.phy) {
		err = bt_conn_le_phy_update(conn, arguments.phy == 1 ? BT_CONN_LE_PHY_PARAM_1M : BT_CONN_LE_PHY_PARAM_2M);
		err = reached(err, &has_phy);
	}
	if (!err && arguments.dle) {
		err = reached(bt_conn_le_data_len_update(conn, BT_LE_DATA_LEN_PARAM_MAX), &is_long);
	}
	if (!err && bt_gatt_get_mtu(conn) == DEFAULT_MTU) {
		err = reached(bt_gatt_exchange_mtu(conn, &exchange), &has_mtu);
	}
	if (!err && arguments.pair) {
		err = reached(bt_conn_set_security(conn, BT_SECURITY_L4), &security_has_changed);
		if (!err && bt_conn_get_security(conn) != BT_SECURITY_L4) {
			err = -EACCES;
		}
	}
	return err;
}

/* The connection, with a reference of the caller's own: `disconnected` gives up that of `link_conn` at any time. NULL if there is none. */
static struct bt_conn *hold(void)
{
	struct bt_conn *conn;

	k_sched_lock();
	conn = link_conn ? bt_conn_ref(link_conn) : NULL;
	k_sched_unlock();
	return conn;
}

/*
 * The lengths with which the controller answers a request of the device. With shorter ones, a request of this program that came between the
 * controller's answer and its acknowledgement would never be sent: Zephyr's controller takes it for part of the answer. Then one side sends
 * longer packets than the other receives, and the link is lost.
 */
static int allow_long_packets(void)
{
	struct bt_hci_cp_le_write_default_data_len *lengths;
	struct net_buf *command = bt_hci_cmd_create(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN, sizeof(*lengths));

	if (!command) {
		return -ENOBUFS;
	}
	lengths = net_buf_add(command, sizeof(*lengths));
	lengths->max_tx_octets = sys_cpu_to_le16(BT_GAP_DATA_LEN_MAX);
	lengths->max_tx_time = sys_cpu_to_le16(BT_GAP_DATA_TIME_MAX);
	return bt_hci_cmd_send_sync(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN, command, NULL);
}

void link_start(void)
{
	int err;

	bt_conn_auth_cb_register(&keyboard);
	err = bt_enable(NULL);
	if (!err && arguments.dle) {
		err = allow_long_packets();
	}
	if (err) {
		report("error=%d", err);
	}
}

int link_open(void)
{
	struct k_sem *given[] = {&is_connected, &is_disconnected, &has_phy, &is_long, &has_mtu, &security_has_changed};
	struct bt_conn *conn;
	int err;

	ARRAY_FOR_EACH(given, i) {
		k_sem_reset(given[i]);
	}
	err = bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, advertised);
	if (err) {
		report("scan=%d", err);
		return err;
	}
	k_sem_take(&is_connected, K_FOREVER);
	conn = hold();
	if (!conn) {
		return -ENOTCONN;
	}
	report("connected");
	err = raise_everything(conn);
	bt_conn_unref(conn);
	return err;
}

void link_close(void)
{
	if (link_conn && bt_conn_disconnect(link_conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN) == 0) {
		k_sem_take(&is_disconnected, K_SECONDS(60));
	}
}
