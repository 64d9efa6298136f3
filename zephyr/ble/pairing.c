/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pairing: when it is allowed (pairing mode), and how it is authenticated. Zephyr stores the bonds.
 *
 * The user who pairs reads what is printed here with printk. It must appear without CONFIG_LOG, too, and in order, and logging
 * may drop messages. Everything else is logged.
 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/logging/log.h>
#include <zephyr/settings/settings.h>

#include "ble.h"

LOG_MODULE_DECLARE(wamr, CONFIG_WAMR_ZEPHYR_LOG_LEVEL);

/* --- Numeric comparison ---------------------------------------------------------------------------------------- */

#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
/* The client that waits for the comparison, as a counted reference, and the time since which its number is displayed. */
static struct bt_conn *comparing;
static int64_t shown_at;
static struct k_spinlock lock;

/* Replaces the waiting client by another one or NULL, and returns the previous one. */
static struct bt_conn *compare(struct bt_conn *conn)
{
	struct bt_conn *before = NULL;

	K_SPINLOCK(&lock) {
		before = comparing;
		comparing = conn;
		shown_at = k_uptime_get();
	}
	return before;
}

static void forget(struct bt_conn *conn)
{
	if (conn) {
		bt_conn_unref(conn);
	}
}

static void ask(struct bt_conn *conn, unsigned int number)
{
	wamr_ble_show_passkey(number, true);
	forget(compare(bt_conn_ref(conn)));
}

/*
 * A user who had no time to look has not compared the numbers. The press was meant for something else, and an attacker may be
 * waiting for it.
 */
void wamr_ble_agree(int64_t since)
{
	struct bt_conn *conn = NULL;
	bool early = false;

	K_SPINLOCK(&lock) {
		early = comparing && since - shown_at < CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS;
		if (!early) {
			conn = comparing;
			comparing = NULL;
		}
	}
	if (early) {
		printk("wamr: compare the numbers first, then confirm\n");
	}
	if (conn) {
		bt_conn_auth_passkey_confirm(conn);
		bt_conn_unref(conn);
	}
}
#endif

/* Opening pairing mode does not confirm a number. */
static void refuse_number(void)
{
#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
	struct bt_conn *conn = compare(NULL);

	if (conn) {
		bt_conn_auth_cancel(conn);
		bt_conn_unref(conn);
	}
#endif
}

/* --- Pairing mode ---------------------------------------------------------------------------------------------- */

/* The number of pairing attempts that are left; 0 if pairing mode is closed. */
static atomic_t attempts;

static void close_pairing(struct k_work *work)
{
	atomic_clear(&attempts);
	printk("wamr: pairing mode is closed\n");
}

static K_WORK_DELAYABLE_DEFINE(closing, close_pairing);

static void open_pairing(struct k_work *work)
{
	refuse_number();
	atomic_set(&attempts, CONFIG_WAMR_ZEPHYR_BLE_PAIRING_ATTEMPTS);
	k_work_reschedule(&closing, K_SECONDS(CONFIG_WAMR_ZEPHYR_BLE_PAIRING_SECONDS));
	printk("wamr: pairing mode is open for %d seconds\n", CONFIG_WAMR_ZEPHYR_BLE_PAIRING_SECONDS);
}

static K_WORK_DEFINE(opening, open_pairing);

void wamr_ble_pair(void)
{
	k_work_submit(&opening);
}

static enum bt_security_err pairing_accept(struct bt_conn *conn, const struct bt_conn_pairing_feat *const feat)
{
	if (!wamr_ble_is_client(conn)) {
		/* A link of the product's own, which handles its pairing itself. */
		return BT_SECURITY_ERR_SUCCESS;
	}
	if (atomic_dec(&attempts) > 0) {
		wamr_ble_is_pairing(conn);
		return BT_SECURITY_ERR_SUCCESS;
	}
	atomic_clear(&attempts);
	LOG_WRN("refused to pair with a client: pairing mode is closed");
	/* The most accurate of the errors that Zephyr passes on. It responds to some others with a pairing. */
	return BT_SECURITY_ERR_PAIR_NOT_SUPPORTED;
}

static void pairing_complete(struct bt_conn *conn, bool bonded)
{
	if (wamr_ble_is_client(conn)) {
		printk("wamr: a client has paired\n");
		k_work_reschedule(&closing, K_NO_WAIT);
	}
}

static void pairing_failed(struct bt_conn *conn, enum bt_security_err reason)
{
	if (wamr_ble_is_client(conn)) {
		printk("wamr: a client failed to pair: error %d\n", reason);
	}
}

static struct bt_conn_auth_info_cb results = {
	.pairing_complete = pairing_complete,
	.pairing_failed = pairing_failed,
};

/* --- Display --------------------------------------------------------------------------------------------------- */

__weak void wamr_ble_show_passkey(unsigned int passkey, bool compare)
{
	printk(compare ? "wamr: confirm if the client shows the same number: %06u\n"
		       : "wamr: passkey for the client: %06u\n",
	       passkey);
}

/* The client has cancelled the pairing or disconnected. */
static void cancel(struct bt_conn *conn)
{
#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
	bool is_compared = false;

	/* Zephyr also calls this for the application's own links. */
	K_SPINLOCK(&lock) {
		is_compared = comparing == conn;
		if (is_compared) {
			comparing = NULL;
		}
	}
	if (is_compared) {
		bt_conn_unref(conn);
	}
#endif
}

#ifndef CONFIG_WAMR_ZEPHYR_BLE_PASSKEY_FIXED
static void display(struct bt_conn *conn, unsigned int passkey)
{
	wamr_ble_show_passkey(passkey, false);
}
#endif

/* The callbacks that are set tell Zephyr and the client the IO capabilities of the device. */
static const struct bt_conn_auth_cb methods = {
	.pairing_accept = pairing_accept,
#ifndef CONFIG_WAMR_ZEPHYR_BLE_PASSKEY_FIXED
	.passkey_display = display,
#endif
#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
	.passkey_confirm = ask,
#endif
	.cancel = cancel,
};

int wamr_ble_pairing_start(void)
{
	int err = bt_conn_auth_cb_register(&methods);

	if (err == 0) {
		err = bt_conn_auth_info_cb_register(&results);
	}
#ifdef CONFIG_WAMR_ZEPHYR_BLE_PASSKEY_FIXED
	if (err == 0) {
		err = bt_passkey_set(CONFIG_WAMR_ZEPHYR_BLE_PASSKEY);
	}
#endif
	if (err == 0) {
		err = settings_load_subtree("bt");
	}
	if (err == 0) {
		err = wamr_ble_owner_start();
	}
	if (IS_ENABLED(CONFIG_WAMR_ZEPHYR_BLE_PAIRING_AT_BOOT) && err == 0) {
		wamr_ble_pair();
	}
	return err;
}
