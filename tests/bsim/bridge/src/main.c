/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A Bluetooth controller for a host on the computer. It takes HCI packets in the H4 format from a file that the computer has opened, and
 * writes others there. A serial line would take an event of the simulation for each byte.
 *
 * Argument, after -argstest: the descriptor of the file, which must not block.
 */

#include <stdlib.h>
#include <string.h>

#include <zephyr/bluetooth/buf.h>
#include <zephyr/bluetooth/hci_raw.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include <bs_tracing.h>
#include <bs_types.h>
#include <bstests.h>
#include <nsi_host_trampolines.h>

#define COMMAND 1
#define DATA    2

#define PERIOD K_MSEC(1)

static int file = -1;

static K_FIFO_DEFINE(from_controller);

/* The length of the packet, or 0 if it is not known yet. */
static size_t length(const uint8_t *packet, size_t has)
{
	if (has > 3 && packet[0] == COMMAND) {
		return 4 + packet[3];
	}
	if (has > 4 && packet[0] == DATA) {
		return 5 + sys_get_le16(&packet[3]);
	}
	if (has > 0 && packet[0] != COMMAND && packet[0] != DATA) {
		bs_trace_error_line("the host sent a packet of type %u\n", packet[0]);
	}
	return 0;
}

static void pass_to_controller(void)
{
	static uint8_t bytes[4096];
	static size_t has;
	size_t len;
	long more;

	more = nsi_host_read(file, bytes + has, sizeof(bytes) - has);
	if (more <= 0) {
		return;
	}
	has += more;
	while ((len = length(bytes, has)) != 0 && len <= has) {
		struct net_buf *packet = bt_buf_get_tx(BT_BUF_H4, K_FOREVER, bytes, len);

		if (!packet || bt_send(packet) != 0) {
			bs_trace_error_line("the controller took no packet of type %u\n", bytes[0]);
		}
		has -= len;
		memmove(bytes, bytes + len, has);
	}
}

static void pass_to_host(void)
{
	struct net_buf *packet;

	while ((packet = k_fifo_get(&from_controller, K_NO_WAIT))) {
		if (nsi_host_write(file, packet->data, packet->len) != packet->len) {
			bs_trace_error_line("the host takes no packets\n");
		}
		net_buf_unref(packet);
	}
}

static void take_all(int argc, char **argv)
{
	if (argc != 1) {
		bs_trace_error_line("the descriptor of a file is required\n");
	}
	file = atoi(argv[0]);
}

static void run(void)
{
	if (bt_enable_raw(&from_controller) != 0) {
		bs_trace_error_line("the controller does not start\n");
	}
	for (;;) {
		pass_to_controller();
		pass_to_host();
		k_sleep(PERIOD);
	}
}

static const struct bst_test_instance tests[] = {
	{
		.test_id = "bridge",
		.test_descr = "Passes HCI packets. Argument: the descriptor of a file.",
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

int main(void)
{
	bst_main();
	return 0;
}
