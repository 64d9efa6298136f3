/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The link to the device.
 */

#ifndef CENTRAL_LINK_H
#define CENTRAL_LINK_H

#include <zephyr/bluetooth/conn.h>

/* The connection, or NULL if there is none. */
extern struct bt_conn *link_conn;

/* Starts Bluetooth. */
void link_start(void);

/*
 * Finds the device, connects, raises MTU, PHY and data length as the arguments request, and encrypts or pairs. Returns a negative
 * error if the connection was lost meanwhile.
 */
int link_open(void);

/* Disconnects and waits. */
void link_close(void);

/* Waits for a semaphore that a callback gives. Returns -ENOTCONN if the connection is lost first, and -EAGAIN after `seconds`. */
int link_wait(struct k_sem *given, uint32_t seconds);

#endif
