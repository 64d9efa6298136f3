/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client for simulations: uploads a module as the arguments request, and reports when each step was done. It connects again after
 * each loss of the connection.
 */

#include <bs_tracing.h>
#include <bs_types.h>
#include <bstests.h>

#include "arguments.h"
#include "link.h"
#include "report.h"
#include "service.h"
#include "status.h"
#include "upload.h"

#define TRIES 60

extern enum bst_result_t bst_result;

/* Connects and uploads once, unless the device has the app. */
static int try(void)
{
	int err = link_open();

	err = err ? err : service_open();
	err = err ? err : service_read_status();
	if (err || upload_is_installed()) {
		return err;
	}
	return upload();
}

/* Uploads as often as connections are lost. */
static int insist(void)
{
	int err = -1;

	for (int tries = 0; tries < TRIES && err < 0; tries++) {
		err = try();
		if (err) {
			report("lost=%d", err);
			link_close();
		}
	}
	return err;
}

static void prepare(const char *path, const char *digest, const char *delta)
{
	if (!upload_prepare(path, digest, delta)) {
		bs_trace_error_line("cannot read %s\n", path);
	}
}

void run(void)
{
	int err;

	prepare(arguments.module, arguments.digest, NULL);
	k_sleep(K_SECONDS(arguments.wait));
	link_start();
	err = insist();
	if (!err && arguments.upgrade) {
		link_close();
		prepare(arguments.upgrade, arguments.upgrade_digest, arguments.delta);
		report("upgrade");
		err = insist();
	}
	if (!err && arguments.again) {
		link_close();
		k_sleep(K_SECONDS(arguments.again));
		err = try();
	}
	report("end=%d", err);
	/* For the device's last messages, and its requests on an idle link. */
	k_sleep(K_SECONDS(arguments.stay));
	link_close();
	bst_result = err ? Failed : Passed;
	bs_trace_exit_line("done\n");
}

int main(void)
{
	bst_main();
	return 0;
}
