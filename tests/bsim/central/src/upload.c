/* SPDX-License-Identifier: Apache-2.0 */

#include "upload.h"

#include <string.h>

#include <zephyr/bluetooth/gatt.h>
#include <zephyr/sys/byteorder.h>
#include <zephyr/sys/util.h>

#include <nsi_host_trampolines.h>

#include "link.h"
#include "report.h"
#include "service.h"
#include "status.h"

#define MODULE_MAX  (512 * 1024)
#define DELTA_MAX   (64 * 1024)
#define DIGEST_SIZE 32
/* In the offset of a frame with operations. */
#define IS_DELTA    BIT(31)
/* The offsets and the length before the operations of a frame. */
#define DELTA_HEAD  10
/* Without a status for so long, the client goes back to `durable`. */
#define STALL K_SECONDS(2)

static uint8_t module[MODULE_MAX];
static uint32_t size;
static uint8_t digest[DIGEST_SIZE];

/* Frames that make the module from the base: wamr-delta/examples/frames.rs. None if the bytes of the module are sent. */
static uint8_t delta[DELTA_MAX];
static uint32_t delta_size;

/* Frames and bytes that were sent, and bytes of the module that were sent again. */
static uint32_t frames, sent, resent;

static uint32_t read_file(const char *path, uint8_t *bytes, uint32_t room)
{
	int file = nsi_host_open(path, 0);
	uint32_t size = 0;
	long len;

	if (file < 0) {
		return 0;
	}
	while ((len = nsi_host_read(file, bytes + size, room - size)) > 0) {
		size += len;
	}
	nsi_host_close(file);
	return size;
}

bool upload_prepare(const char *path, const char *digits, const char *delta_path)
{
	frames = sent = resent = status_count = 0;
	size = read_file(path, module, MODULE_MAX);
	delta_size = delta_path ? read_file(delta_path, delta, DELTA_MAX) : 0;
	return size > 0 && (delta_size > 0 || !delta_path) &&
	       hex2bin(digits, strlen(digits), digest, DIGEST_SIZE) == DIGEST_SIZE;
}

bool upload_is_installed(void)
{
	for (size_t i = 0; i < status.apps; i++) {
		if (memcmp(status.app[i], digest, FINGERPRINT_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

static int begin(void)
{
	uint8_t request[] = {0xa2, 0, 1, 1, 0x83, 0, 0x1a, 0, 0, 0, 0, 0x58, DIGEST_SIZE, [13 ... 12 + DIGEST_SIZE] = 0};

	sys_put_be32(size, &request[7]);
	memcpy(&request[13], digest, DIGEST_SIZE);
	return service_request(request, sizeof(request));
}

static int base(void)
{
	static const uint8_t request[] = {0xa2, 0, 3, 1, 0x82, 18, 0};

	return service_request(request, sizeof(request));
}

static int commit(void)
{
	static const uint8_t request[] = {0xa2, 0, 2, 1, 0x81, 1};

	return service_request(request, sizeof(request));
}

static bool is_ours(const struct status *news)
{
	return news->open && memcmp(news->fingerprint, digest, FINGERPRINT_SIZE) == 0;
}

/* Makes a frame with bytes from `position` on. Returns its length, and the offset after its bytes in `end`. */
static size_t plain_frame(uint32_t position, uint32_t granted, uint8_t *frame, uint32_t *end)
{
	uint32_t len = MIN(bt_gatt_get_mtu(link_conn) - 3 - sizeof(position), granted - position);

	sys_put_le32(position, frame);
	memcpy(frame + sizeof(position), module + position, len);
	*end = position + len;
	return sizeof(position) + len;
}

/* As `plain_frame`, with operations. Returns 0 if more has to be granted first. */
static size_t delta_frame(uint32_t position, uint32_t granted, uint8_t *frame, uint32_t *end)
{
	const uint8_t *at = delta;
	uint16_t len;

	while (sys_get_le32(at + 4) <= position) {
		at += DELTA_HEAD + sys_get_le16(at + 8);
	}
	*end = sys_get_le32(at + 4);
	len = sys_get_le16(at + 8);
	sys_put_le32(sys_get_le32(at) | IS_DELTA, frame);
	memcpy(frame + sizeof(position), at + DELTA_HEAD, len);
	return *end <= granted ? sizeof(position) + len : 0;
}

/* Sends what is granted from `position` on. Returns the new position, or a negative error. */
static int64_t send_granted(uint32_t position, uint32_t granted)
{
	static uint8_t frame[512];

	while (link_conn && position < MIN(granted, size)) {
		uint32_t end;
		size_t len = (delta_size ? delta_frame : plain_frame)(position, granted, frame, &end);
		int err;

		if (len == 0) {
			break;
		}
		err = service_send(frame, len);
		if (err) {
			return err;
		}
		frames++;
		sent += len;
		position = end;
	}
	return position;
}

static int stream(void)
{
	uint32_t position = status.durable, rewound = UINT32_MAX, from = status.durable;

	if (from) {
		report("resumed=%u", from);
	}
	for (;;) {
		struct status news = status;
		int64_t next;

		if (is_ours(&news)) {
			if (news.durable == size) {
				return 0;
			}
			if (news.resend != UINT32_MAX && news.resend != rewound) {
				resent += position - news.resend;
				position = rewound = news.resend;
			}
			next = send_granted(position, news.granted);
			if (next < 0) {
				return next;
			}
			position = next;
		}
		if (k_sem_take(&status_has_come, STALL) != 0) {
			int err = service_read_status();

			if (err) {
				return err;
			}
			resent += position - status.durable;
			position = status.durable;
			rewound = UINT32_MAX;
		}
		if (!link_conn) {
			return -ENOTCONN;
		}
	}
}

int upload(void)
{
	int err;

	report("begin");
	err = begin();
	report("begun=%d", err);
	/* The status with the open upload comes before the response. */
	if (!err && !is_ours(&status)) {
		err = service_read_status();
	}
	if (!err && delta_size) {
		err = base();
	}
	err = err ? err : stream();
	if (err) {
		return err;
	}
	report("durable=%u frames=%u bytes=%u resent=%u statuses=%u", size, frames, sent, resent, status_count);
	err = commit();
	report("committed=%d", err);
	return err;
}
