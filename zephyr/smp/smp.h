/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The interface between the C code in this directory, which knows MCUmgr, and the Rust code, which contains the logic.
 * wamr-zephyr/src/smp/ffi.rs repeats these declarations.
 */

#ifndef WAMR_ZEPHYR_SMP_H
#define WAMR_ZEPHYR_SMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smp_streamer;

/* The number of the group. MCUmgr leaves numbers from 64 on to products. */
#define WAMR_SMP_GROUP 87

/* The commands. Except for the first, they have the numbers in the UUIDs of the characteristics of docs/protocol.md. */
enum wamr_smp_command {
	WAMR_SMP_END,
	WAMR_SMP_DATA,
	WAMR_SMP_CONTROL,
	WAMR_SMP_STATUS,
	WAMR_SMP_RESULT,
	WAMR_SMP_LOG,
	WAMR_SMP_MESSAGE,
	WAMR_SMP_COMMANDS,
};

/* The sender of a request. Equal bytes mean the same client. */
struct wamr_smp_client {
	/* The transport of MCUmgr. */
	const void *transport;
	/* The link, if it is Bluetooth, otherwise NULL. */
	const void *link;
	/* The number of the link, or the address. The rest is zero. */
	uint8_t address[24];
	/* Whether it owns the device. */
	bool is_owner;
	/* Whether it is the client of the GATT service, too, which reports when it comes and goes. */
	bool is_admitted;
};

/* MESSAGE_MAX of wamr-proto */
#define WAMR_SMP_VALUE_MAX 182

/* The response to a request. */
struct wamr_smp_reply {
	/* The code of a refusal, or WAMR_SMP_NO_REFUSAL. */
	uint16_t refusal;
	/* The length of the value, 0 if there is none. */
	uint16_t len;
	uint8_t value[WAMR_SMP_VALUE_MAX];
};

#define WAMR_SMP_NO_REFUSAL UINT16_MAX

/* --- Provided by Rust ------------------------------------------------------------------------------------------ */

/* Performs a request. `seq` is the number of the response to read, or 0 for the latest. False: there is another client. */
bool wamr_smp_perform(const struct wamr_smp_client *client, uint8_t command, bool is_write, uint32_t seq,
		      const uint8_t *value, size_t len, struct wamr_smp_reply *reply);

#ifdef CONFIG_WAMR_ZEPHYR_SMP_FILES
/* A part of a file. */
struct wamr_smp_part {
	const uint8_t *name;
	size_t name_len;
	uint32_t offset;
	/* The length of the file, 0 if the client does not say. */
	uint32_t size;
	const uint8_t *bytes;
	size_t len;
};

/*
 * Takes a part of a file, and sets the offset of the next one. Returns 0, -1 if there is another client, or the code of a refusal
 * plus one.
 */
int32_t wamr_smp_write_file(const struct wamr_smp_client *client, const struct wamr_smp_part *part, uint32_t *next);
#endif

/* The client has sent no request for some time. */
void wamr_smp_expired(void);

/* A Bluetooth link has ended. */
void wamr_smp_link_ended(const void *link);

/* --- Called by Rust -------------------------------------------------------------------------------------------- */

/* Registers the group with MCUmgr. */
void wamr_smp_start(void);

/* --- Within this directory ------------------------------------------------------------------------------------- */

/* A request of a client was performed: its session goes on. */
void wamr_smp_is_active(const struct wamr_smp_client *client);

/* Makes the file commands of MCUmgr install apps. Other files are left to MCUmgr's own group, if the firmware has it. */
void wamr_smp_files_start(void);

/*
 * Identifies the sender of a request. Returns NULL if it may use the service, and otherwise the reason for people; the response is
 * then MGMT_ERR_EACCESSDENIED.
 */
const char *wamr_smp_identify(const struct smp_streamer *ctxt, struct wamr_smp_client *client);

#endif
