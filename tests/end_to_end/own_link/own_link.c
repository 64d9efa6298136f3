/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A link of a product's own, beside that of the service's client, in a firmware for native_sim: for each `1` on standard
 * input, which must not block, the device connects to C0:00:00:00:00:0B.
 */

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/kernel.h>

#include <nsi_host_trampolines.h>

static const bt_addr_le_t peer = {
	.type = BT_ADDR_LE_RANDOM,
	.a.val = {0x0b, 0x00, 0x00, 0x00, 0x00, 0xc0},
};

static void make_links(void)
{
	for (;;) {
		char byte;

		if (nsi_host_read(0, &byte, 1) == 1 && byte == '1') {
			struct bt_conn *conn = NULL;
			int err = bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT, &conn);

			if (err) {
				printk("own link: error %d\n", err);
			} else {
				/* The host keeps it as long as it is connected. */
				bt_conn_unref(conn);
			}
		}
		k_msleep(20);
	}
}

K_THREAD_DEFINE(product, 2048, make_links, NULL, NULL, NULL, K_LOWEST_APPLICATION_THREAD_PRIO, 0, 0);
