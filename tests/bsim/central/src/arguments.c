/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include <zephyr/kernel.h>

#include <bs_tracing.h>
#include <bs_types.h>
#include <bstests.h>

#include "arguments.h"

struct arguments arguments = {
	.interval = 12,
	.timeout = 400,
	.phy = 2,
	.dle = true,
	.accept = true,
	.stay = 10,
};

static void take(const char *name, size_t len, const char *value)
{
	unsigned long number = strtoul(value, NULL, 10);

#define IS(text) (len == strlen(text) && memcmp(name, text, len) == 0)
	if (IS("module")) {
		arguments.module = value;
	} else if (IS("digest")) {
		arguments.digest = value;
	} else if (IS("upgrade")) {
		arguments.upgrade = value;
	} else if (IS("upgrade_digest")) {
		arguments.upgrade_digest = value;
	} else if (IS("delta")) {
		arguments.delta = value;
	} else if (IS("interval")) {
		arguments.interval = number;
	} else if (IS("timeout")) {
		arguments.timeout = number;
	} else if (IS("phy")) {
		arguments.phy = number;
	} else if (IS("dle")) {
		arguments.dle = number;
	} else if (IS("accept")) {
		arguments.accept = number;
	} else if (IS("passkey")) {
		arguments.pair = true;
		arguments.passkey = number;
	} else if (IS("wait")) {
		arguments.wait = number;
	} else if (IS("stay")) {
		arguments.stay = number;
	} else if (IS("again")) {
		arguments.again = number;
	} else {
		bs_trace_error_line("no argument %s: see arguments.h\n", name);
	}
#undef IS
}

static void take_all(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *value = strchr(argv[i], '=');

		if (!value) {
			bs_trace_error_line("%s is not NAME=VALUE\n", argv[i]);
		}
		take(argv[i], value - argv[i], value + 1);
	}
	if (!arguments.module || !arguments.digest || strlen(arguments.digest) != 64) {
		bs_trace_error_line("the arguments module and digest are required\n");
	}
	if (arguments.upgrade && !(arguments.upgrade_digest && arguments.delta)) {
		bs_trace_error_line("an upgrade needs the arguments upgrade_digest and delta\n");
	}
}

extern void run(void);

static const struct bst_test_instance tests[] = {
	{
		.test_id = "upload",
		.test_descr = "Uploads a module. Arguments: see arguments.h.",
		.test_args_f = take_all,
		.test_main_f = run,
	},
	BSTEST_END_MARKER,
};

static struct bst_test_list *install(struct bst_test_list *list)
{
	return bst_add_tests(list, tests);
}

bst_test_install_t test_installers[] = {install, NULL};
