/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of the connection: fast while the client writes, and slow afterwards, for the sake of the battery.
 */

#include <zephyr/logging/log.h>
#include <zephyr/sys/atomic.h>

#include "ble.h"

LOG_MODULE_DECLARE(wamr, CONFIG_WAMR_ZEPHYR_LOG_LEVEL);

/* 7.5 to 15 ms. The connection survives four seconds without a packet. Zephyr's own request ends it after 420 ms. */
#define FAST_INTERVAL_MIN 6
#define FAST_INTERVAL_MAX 12
#define FAST_TIMEOUT      400

#define FAST BT_LE_CONN_PARAM(FAST_INTERVAL_MIN, FAST_INTERVAL_MAX, 0, FAST_TIMEOUT)
#define SLOW                                                                                                           \
	BT_LE_CONN_PARAM(CONFIG_BT_PERIPHERAL_PREF_MIN_INT, CONFIG_BT_PERIPHERAL_PREF_MAX_INT,                         \
			 CONFIG_BT_PERIPHERAL_PREF_LATENCY, CONFIG_BT_PERIPHERAL_PREF_TIMEOUT)

/* The controller rejects other values. The units are 1.25 ms and 10 ms. */
BUILD_ASSERT(CONFIG_BT_PERIPHERAL_PREF_MIN_INT <= CONFIG_BT_PERIPHERAL_PREF_MAX_INT,
	     "CONFIG_BT_PERIPHERAL_PREF_MIN_INT is larger than CONFIG_BT_PERIPHERAL_PREF_MAX_INT");
BUILD_ASSERT(4 * CONFIG_BT_PERIPHERAL_PREF_TIMEOUT >
		     (1 + CONFIG_BT_PERIPHERAL_PREF_LATENCY) * CONFIG_BT_PERIPHERAL_PREF_MAX_INT,
	     "CONFIG_BT_PERIPHERAL_PREF_TIMEOUT is too short for the interval and the latency");

/* After so long without a write, the client is idle. */
#define IDLE_MS 5000

/* After so long, the device repeats a request that had no effect. The client may have refused it, so the number is limited. */
#define RETRY_MS     1000
#define REQUESTS_MAX 3

/* The uptime of the client's last write, in milliseconds. */
static atomic_t last_write;

/* Whether `adapt` knows that the client writes. */
static atomic_t writes;

/* How often the parameters that are wanted were requested. */
static atomic_t requests;

/* For the work queue only: which parameters are wanted. */
static bool wants_slow;

static bool fits(const struct bt_conn *conn)
{
	struct bt_conn_info info;

	if (bt_conn_get_info(conn, &info) != 0) {
		return true;
	}
	if (wants_slow) {
		return info.le.interval >= CONFIG_BT_PERIPHERAL_PREF_MIN_INT;
	}
	return info.le.interval <= FAST_INTERVAL_MAX && info.le.latency == 0 && info.le.timeout >= FAST_TIMEOUT;
}

static void adapt(struct k_work *work)
{
	struct bt_conn *conn = wamr_ble_client();
	uint32_t idle;
	int err;

	if (!conn) {
		return;
	}
	/* Before the time is read: a later write starts this work again. */
	atomic_clear(&writes);
	idle = k_uptime_get_32() - (uint32_t)atomic_get(&last_write);
	if ((idle >= IDLE_MS) != wants_slow) {
		wants_slow = !wants_slow;
		atomic_clear(&requests);
	}
	if (!wants_slow) {
		atomic_set(&writes, true);
		k_work_schedule(k_work_delayable_from_work(work), K_MSEC(IDLE_MS - idle));
	}
	if (!fits(conn) && atomic_inc(&requests) < REQUESTS_MAX) {
		err = bt_conn_le_param_update(conn, wants_slow ? SLOW : FAST);
		if (err) {
			LOG_WRN("the request for a %s connection failed: %d", wants_slow ? "slow" : "fast", err);
		}
		k_work_reschedule(k_work_delayable_from_work(work), K_MSEC(RETRY_MS));
	}
	bt_conn_unref(conn);
}

static K_WORK_DELAYABLE_DEFINE(adapting, adapt);

/* A request of before may take effect when the client needs other parameters. */
static void updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
	ARG_UNUSED(interval);
	ARG_UNUSED(latency);
	ARG_UNUSED(timeout);
	if (wamr_ble_is_admitted(conn)) {
		k_work_reschedule(&adapting, K_NO_WAIT);
	}
}

BT_CONN_CB_DEFINE(speed_callbacks) = {
	.le_param_updated = updated,
};

static void wrote(void)
{
	atomic_set(&last_write, (atomic_val_t)k_uptime_get_32());
}

void wamr_ble_speed_start(void)
{
	wrote();
	atomic_clear(&writes);
	atomic_clear(&requests);
	k_work_reschedule(&adapting, K_MSEC(IDLE_MS));
}

void wamr_ble_is_active(void)
{
	wrote();
	if (!atomic_set(&writes, true)) {
		k_work_reschedule(&adapting, K_NO_WAIT);
	}
}
