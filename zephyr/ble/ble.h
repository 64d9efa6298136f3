/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The interface between the C code in this directory, which Zephyr's macros need, and the Rust code, which contains the logic.
 * wamr-zephyr/src/ble/ffi.rs repeats these declarations.
 */

#ifndef WAMR_ZEPHYR_BLE_H
#define WAMR_ZEPHYR_BLE_H

#include <sys/types.h>

#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/uuid.h>

/* --- Provided by Rust ------------------------------------------------------------------------------------------ */

/* The UUIDs of wamr_proto::uuid, which are defined only there. */
extern const struct bt_uuid_128 wamr_ble_service_uuid, wamr_ble_data_uuid, wamr_ble_control_uuid,
	wamr_ble_status_uuid, wamr_ble_result_uuid, wamr_ble_log_uuid, wamr_ble_message_uuid;

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
/* Copy at most `size` bytes of the value from `offset`, and return the number of bytes, or -1 if the value ends before `offset`. */
ssize_t wamr_ble_status(uint8_t *buf, size_t size, size_t offset);
ssize_t wamr_ble_receipt(uint8_t *buf, size_t size, size_t offset);

/* --- Called by Rust -------------------------------------------------------------------------------------------- */

/* Starts Bluetooth and advertising. */
int wamr_ble_start(void);

/* Notifies the client. Waits for a free buffer. Fails if the client has not subscribed or has disconnected. `uuid`: one of the above. */
int wamr_ble_notify(const struct bt_uuid_128 *uuid, const uint8_t *value, uint16_t len);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_LOG
/* Notifies the client of a log line. Never waits: drops the line if there is no free buffer or no subscribed client. */
void wamr_ble_log(const uint8_t *text, uint16_t len);
#endif

#ifdef CONFIG_WAMR_ZEPHYR_HOST_MESSAGE
/*
 * Notifies the client of a message of an app. Never waits. Returns 0, 1 if there is no free buffer, or a negative
 * error if there is no subscribed client.
 */
int wamr_ble_message(const uint8_t *value, uint16_t len);
#endif

#ifdef CONFIG_WAMR_ZEPHYR_BLE_PAIRING
/* The counterpart of `Bond` in Rust. The address is in the byte order of the air. */
struct wamr_ble_bond {
	uint8_t random;
	uint8_t address[6];
	uint8_t current;
	uint8_t owner;
};

/* Returns the bond at this index, from 0 without gaps. Returns false if there is none. */
bool wamr_ble_bond(uint8_t index, struct wamr_ble_bond *bond);

/* Completes the bond with this address. Returns false if there is none. */
bool wamr_ble_find_bond(struct wamr_ble_bond *bond);

/* Removes a bond that was found. Returns false on failure. A connected client receives its response before its connection ends. */
bool wamr_ble_unpair(const struct wamr_ble_bond *bond);

/* Removes all bonds: the next client that pairs owns the device. */
void wamr_ble_forget_clients(void);
#endif

/* Opens pairing mode, and rejects a pending number. Call it from any thread or interrupt. */
void wamr_ble_pair(void);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
/*
 * Confirms the pending number. The user's action started at `since`, in the time of k_uptime_get(). Does nothing if the number had
 * not been displayed for CONFIG_WAMR_ZEPHYR_BLE_COMPARE_MS by then. Call it from any thread.
 */
void wamr_ble_agree(int64_t since);
#endif

/* --- Replaceable by the application ---------------------------------------------------------------------------- */

/*
 * Displays six digits to the user, who enters them on the client or, with `compare`, compares them with the client's. The default
 * prints them to the console. Must not block.
 */
void wamr_ble_show_passkey(unsigned int passkey, bool compare);

/* --- Within this directory ------------------------------------------------------------------------------------- */

/* Whether the link is the client's, secure or not. */
bool wamr_ble_is_client(const struct bt_conn *conn);

/* Whether the link is the client's, and Rust knows the client. */
bool wamr_ble_is_admitted(const struct bt_conn *conn);

/* Returns the link of the client that Rust knows, with a new reference, or NULL. Call it from any thread. */
struct bt_conn *wamr_ble_client(void);

#ifdef CONFIG_WAMR_ZEPHYR_BLE_SPEED
/* A client was admitted. Its connection becomes slow if it does not write. */
void wamr_ble_speed_start(void);

/* The client has written. Its connection becomes fast. Call it from any thread. */
void wamr_ble_is_active(void);
#else
static inline void wamr_ble_speed_start(void)
{
}

static inline void wamr_ble_is_active(void)
{
}
#endif

/* No notification is in progress any more. */
void wamr_ble_notified_all(void);

/* Whether a link with this security level may use the service. */
static inline bool wamr_ble_is_secure(bt_security_t level)
{
	return !IS_ENABLED(CONFIG_WAMR_ZEPHYR_BLE_PAIRING) || level >= BT_SECURITY_L4;
}

/* Whether a client that may use the service is the owner. */
bool wamr_ble_is_owner(const struct bt_conn *conn);

/* Whether this is the owner's address. */
bool wamr_ble_owns(const bt_addr_le_t *address);

/* A client has started to pair. */
void wamr_ble_is_pairing(const struct bt_conn *conn);

/* Loads the owner. Call it after the bonds were loaded. */
int wamr_ble_owner_start(void);

/* Removes all bonds if the button is pressed now and stays so for long enough. */
void wamr_ble_button_start(void);

/* Loads the bonds and sets the pairing callbacks. Call it after Bluetooth is enabled, before anybody can connect. */
int wamr_ble_pairing_start(void);

#endif
