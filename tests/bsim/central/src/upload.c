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
#define DIGEST_SIZE 32
/* Without a status for so long, the client goes back to `durable`. */
#define STALL K_SECONDS(2)

static uint8_t module[MODULE_MAX];
static uint32_t size;
static uint8_t digest[DIGEST_SIZE];

bool upload_prepare(const char *path, const char *digits)
{
	int file = nsi_host_open(path, 0);
	long len;

	if (file < 0) {
		return false;
	}
	while ((len = nsi_host_read(file, module + size, MODULE_MAX - size)) > 0) {
		size += len;
	}
	nsi_host_close(file);
	return size > 0 && hex2bin(digits, strlen(digits), digest, DIGEST_SIZE) == DIGEST_SIZE;
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

static int commit(void)
{
	static const uint8_t request[] = {0xa2, 0, 2, 1, 0x81, 1};

	return service_request(request, sizeof(request));
}

static bool is_ours(const struct status *news)
{
	return news->open && memcmp(news->fingerprint, digest, FINGERPRINT_SIZE) == 0;
}

static uint32_t resent, frames;

/* Sends what is granted from `position` on. Returns the new position, or a negative error. */
static int64_t send_granted(uint32_t position, uint32_t granted)
{
	static uint8_t frame[512];

	while (link_conn && position < MIN(granted, size)) {
		uint32_t len = MIN(bt_gatt_get_mtu(link_conn) - 3 - sizeof(position), granted - position);
		int err;

		sys_put_le32(position, frame);
		memcpy(frame + sizeof(position), module + position, len);
		err = service_send(frame, sizeof(position) + len);
		if (err) {
			return err;
		}
		frames++;
		position += len;
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
		int64_t sent;

		if (is_ours(&news)) {
			if (news.durable == size) {
				return 0;
			}
			if (news.resend != UINT32_MAX && news.resend != rewound) {
				resent += position - news.resend;
				position = rewound = news.resend;
			}
			sent = send_granted(position, news.granted);
			if (sent < 0) {
				return sent;
			}
			position = sent;
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
	err = err ? err : stream();
	if (err) {
		return err;
	}
	report("durable=%u frames=%u resent=%u statuses=%u", size, frames, resent, status_count);
	err = commit();
	report("committed=%d", err);
	return err;
}
