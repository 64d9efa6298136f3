/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The connection's interval: short while the client writes, and long afterwards, for the sake of the battery.
 */

#include "ble.h"

/* 7.5 to 15 ms. The connection survives four seconds without a packet. Zephyr's own request ends it after 420 ms. */
#define FAST_INTERVAL_MIN 6
#define FAST_INTERVAL_MAX 12
#define FAST_TIMEOUT      400

#define FAST BT_LE_CONN_PARAM(FAST_INTERVAL_MIN, FAST_INTERVAL_MAX, 0, FAST_TIMEOUT)
#define SLOW                                                                                                           \
	BT_LE_CONN_PARAM(CONFIG_BT_PERIPHERAL_PREF_MIN_INT, CONFIG_BT_PERIPHERAL_PREF_MAX_INT,                         \
			 CONFIG_BT_PERIPHERAL_PREF_LATENCY, CONFIG_BT_PERIPHERAL_PREF_TIMEOUT)

/* After so long without a write, the client is idle. */
#define IDLE K_SECONDS(5)

/* What was requested last. A client that refuses is asked again only after it was idle. */
static enum { NOTHING, SHORT, LONG } requested;

/* Whether the client has written since `adapt` ran. */
static bool active;

static bool is_fast(const struct bt_conn *conn)
{
	struct bt_conn_info info;

	return bt_conn_get_info(conn, &info) == 0 && info.le.interval <= FAST_INTERVAL_MAX && info.le.timeout >= FAST_TIMEOUT;
}

static void adapt(struct k_work *work)
{
	struct bt_conn *conn = wamr_ble_client();

	if (!conn) {
		return;
	}
	if (active && requested != SHORT) {
		requested = SHORT;
		if (!is_fast(conn)) {
			bt_conn_le_param_update(conn, FAST);
		}
	} else if (!active && requested != LONG) {
		requested = LONG;
		bt_conn_le_param_update(conn, SLOW);
	}
	active = false;
	bt_conn_unref(conn);
	if (requested == SHORT) {
		k_work_schedule(k_work_delayable_from_work(work), IDLE);
	}
}

static K_WORK_DELAYABLE_DEFINE(adapting, adapt);

void wamr_ble_speed_start(void)
{
	requested = NOTHING;
	active = false;
	k_work_reschedule(&adapting, IDLE);
}

void wamr_ble_is_active(void)
{
	active = true;
	if (requested != SHORT) {
		k_work_reschedule(&adapting, K_NO_WAIT);
	}
}
