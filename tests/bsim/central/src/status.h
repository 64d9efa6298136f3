/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of the device's messages that this program reads.
 */

#ifndef CENTRAL_STATUS_H
#define CENTRAL_STATUS_H

#include <zephyr/kernel.h>

#define FINGERPRINT_SIZE 8

struct status {
	/* The number of apps, and the fingerprints of the first ones. */
	uint8_t apps;
	uint8_t app[8][FINGERPRINT_SIZE];
	/* Whether an upload is open, and how far it is. */
	bool open;
	uint8_t fingerprint[FINGERPRINT_SIZE];
	uint32_t durable;
	uint32_t granted;
	/* UINT32_MAX: nothing to send again. */
	uint32_t resend;
};

/* The last status, and the number of those that came. Bluetooth's thread writes them. */
extern struct status status;
extern uint32_t status_count;

/* Given when a status comes. */
extern struct k_sem status_has_come;

void status_take(const uint8_t *value, size_t len);

/* Returns the sequence number of a request or a response. The device's other messages on the same characteristic have 0. */
uint32_t status_sequence(const uint8_t *value, size_t len);

/* Returns the code of the refusal in a response plus one, or 0 for a success. */
int status_refusal(const uint8_t *value, size_t len);

#endif
