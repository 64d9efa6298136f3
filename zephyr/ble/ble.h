/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The border between the C of this directory, which is what Zephyr's macros need, and Rust, which decides. The Rust side
 * is declared again in wamr-zephyr/src/ble/ffi.rs.
 */

#ifndef WAMR_ZEPHYR_BLE_H
#define WAMR_ZEPHYR_BLE_H

#include <sys/types.h>

#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/uuid.h>

/* --- What Rust provides ---------------------------------------------------------------------------------------- */

/* The UUIDs of wamr_proto::uuid, so that they are written once. */
extern const struct bt_uuid_128 wamr_ble_service_uuid, wamr_ble_data_uuid, wamr_ble_control_uuid,
	wamr_ble_status_uuid, wamr_ble_result_uuid, wamr_ble_log_uuid;

BUILD_ASSERT(sizeof(struct bt_uuid_128) == 17 && BT_UUID_TYPE_128 == 2, "Uuid in wamr-zephyr/src/ble/ffi.rs");

/* wamr_proto::ATT_MTU_MIN */
extern const uint16_t wamr_ble_att_mtu_min;

/*
 * A client that may use the service has come, the owner or an operator, and has gone. False: the service has a client on another
 * transport, so this one must go.
 */
bool wamr_ble_connected(bool owner);
void wamr_ble_disconnected(void);
void wamr_ble_data(const uint8_t *value, size_t len);
void wamr_ble_control(const uint8_t *value, size_t len);
/* Copy the value from `offset` on, at most `size` bytes, and return how many; -1 when it ends before `offset`. */
ssize_t wamr_ble_status(uint8_t *buf, size_t size, size_t offset);
ssize_t wamr_ble_receipt(uint8_t *buf, size_t size, size_t offset);

/* --- What Rust calls ------------------------------------------------------------------------------------------- */

/* Starts Bluetooth and advertises. */
int wamr_ble_start(void);

/* Waits for a free buffer. `uuid` is one of the above; an error when the client has not subscribed or is gone. */
int wamr_ble_notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
/* Notifies the client of what an app logs. Never waits: without a free buffer, or a client that has subscribed, it is dropped. */
void wamr_ble_log(const uint8_t *text, uint16_t len);
#endif

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
/* A bond as Rust has it, see `Bond` there: the address in the order of the air. */
struct wamr_ble_bond {
	uint8_t random;
	uint8_t address[6];
	uint8_t current;
	uint8_t owner;
};

/* Tells the bond with this number, from 0 on and without gaps; false when there is none. */
bool wamr_ble_bond(uint8_t index, struct wamr_ble_bond *bond);

/* Fills in the rest of the bond with this address; false when there is none. */
bool wamr_ble_find_bond(struct wamr_ble_bond *bond);

/* Removes a bond that was found; false when that fails. A connected client has its answer before its connection ends. */
bool wamr_ble_unpair(const struct wamr_ble_bond *bond);

/* Removes all bonds: the next client that pairs owns the device. */
void wamr_ble_forget_clients(void);
#endif

/* Opens pairing mode, and refuses a number that waits to be compared. From any thread or interrupt. */
void wamr_ble_pair(void);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
/*
 * The user says that the number which waits to be compared is the same, by something that began at `since`, as k_uptime_get()
 * counts. Does nothing when the number was not shown for CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS then. From any thread.
 */
void wamr_ble_agree(int64_t since);
#endif

/* --- What an application may replace --------------------------------------------------------------------------- */

/*
 * Shows six digits to the user, to be entered on the client or, with `compare`, to be compared with the client's. By
 * default prints them to the console. Must not wait.
 */
void wamr_ble_show_passkey(unsigned int passkey, bool compare);

/* --- Within this directory ------------------------------------------------------------------------------------- */

/* Whether the link is that of the client, secure or not. */
bool wamr_ble_is_client(const struct bt_conn *conn);

/* Whether the link is that of the client, and Rust knows of it. */
bool wamr_ble_is_admitted(const struct bt_conn *conn);

/* The link of the client that Rust knows of, with a new reference; NULL when there is none. From any thread. */
struct bt_conn *wamr_ble_client(void);

/* No notification is on its way any more. */
void wamr_ble_notified_all(void);

/* Whether a link of this level may use the service. */
static inline bool wamr_ble_is_secure(bt_security_t level)
{
	return !IS_ENABLED(CONFIG_WAMR_ZEPHYR_BLE_PAIRING) || level >= BT_SECURITY_L4;
}

/* Whether a client that may use the service is the owner. */
bool wamr_ble_is_owner(const struct bt_conn *conn);

/* Whether this is the owner's address. */
bool wamr_ble_owns(const bt_addr_le_t *address);

/* A client has begun to pair. */
void wamr_ble_is_pairing(const struct bt_conn *conn);

/* Loads who the owner is, after the bonds. */
int wamr_ble_owner_start(void);

/* Whether the button is pressed. */
bool wamr_ble_is_button_down(void);

/* Loads the bonds and says how pairing goes; after Bluetooth is enabled, before anybody can connect. */
int wamr_ble_pairing_start(void);

#endif
