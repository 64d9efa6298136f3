/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of the program, after -argstest, as NAME=VALUE.
 */

#ifndef CENTRAL_ARGUMENTS_H
#define CENTRAL_ARGUMENTS_H

#include <stdint.h>

struct arguments {
	/* Path of the module, on the computer, and its SHA-256 in hexadecimal digits. */
	const char *module;
	const char *digest;
	/* The same of a module to install afterwards, or NULL, and the path of the changes: wamr-delta/examples/frames.rs. */
	const char *upgrade;
	const char *upgrade_digest;
	const char *delta;
	/* Connection interval in units of 1.25 ms, and supervision timeout in units of 10 ms. */
	uint16_t interval;
	uint16_t timeout;
	/* 2 or 1: the PHY that the central requests, and accepts. 0: the device chooses. */
	uint8_t phy;
	/* Whether the central raises its data length. */
	bool dle;
	/* Whether the central accepts other connection parameters. */
	bool accept;
	/* Whether to pair, and the passkey. */
	bool pair;
	unsigned int passkey;
	/* Seconds before the first connection. */
	uint16_t wait;
	/* Seconds for which the central stays connected at the end. */
	uint16_t stay;
	/* Seconds after which to connect again to read the status. 0: not at all. */
	uint16_t again;
};

extern struct arguments arguments;

#endif
