/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who sent a request, and whether it may use the service.
 */

#include <string.h>

#include <zephyr/mgmt/mcumgr/smp/smp.h>
#include <zephyr/sys/util.h>

#ifdef CONFIG_MCUMGR_TRANSPORT_BT
#include <zephyr/bluetooth/conn.h>
#endif
#ifdef CONFIG_MCUMGR_TRANSPORT_UDP
#include <zephyr/net/net_ip.h>
#endif

#ifdef CONFIG_WAMR_ZEPHYR_BLE
#include "../ble/ble.h"
#endif
#include "smp.h"

#ifdef CONFIG_MCUMGR_TRANSPORT_BT
/* What smp_bt.c keeps with each request. It declares the type itself. */
struct link {
	struct bt_conn *conn;
	/* Tells a link from an earlier one with the same `conn`. */
	uint8_t id;
};

#ifdef CONFIG_WAMR_ZEPHYR_BLE
/* The GATT service has checked the security of its client's link, and has reported its role. */
static const char *check(const struct link *link, struct wamr_smp_client *client)
{
	struct bt_conn *admitted = wamr_ble_client();

	if (admitted) {
		client->is_admitted = admitted == link->conn;
		bt_conn_unref(admitted);
	}
	if (!client->is_admitted) {
		return "pair first";
	}
	wamr_ble_is_active();
	return NULL;
}
#else
static const char *check(const struct link *link, struct wamr_smp_client *client)
{
	client->is_owner = true;
	return bt_conn_get_security(link->conn) >= BT_SECURITY_L4 ? NULL : "pair first";
}
#endif

static const char *bluetooth(const struct net_buf *request, struct wamr_smp_client *client)
{
	const struct link *link = net_buf_user_data(request);

	if (!link->conn) {
		return "the link has ended";
	}
	client->link = link->conn;
	client->address[0] = link->id;
	return check(link, client);
}
#endif

#ifdef CONFIG_WAMR_ZEPHYR_SMP_UDP
static const char *udp(const struct net_buf *request, struct wamr_smp_client *client)
{
	const struct sockaddr *address = net_buf_user_data(request);

	/* What is behind the port and the address is not initialized. */
	if (IS_ENABLED(CONFIG_NET_IPV6) && address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

		memcpy(client->address, &six->sin6_port, sizeof(six->sin6_port));
		memcpy(client->address + sizeof(six->sin6_port), &six->sin6_addr, sizeof(six->sin6_addr));
	} else {
		const struct sockaddr_in *four = (const struct sockaddr_in *)address;

		memcpy(client->address, &four->sin_port, sizeof(four->sin_port));
		memcpy(client->address + sizeof(four->sin_port), &four->sin_addr, sizeof(four->sin_addr));
	}
	client->is_owner = IS_ENABLED(CONFIG_WAMR_ZEPHYR_SMP_OWNER);
	return NULL;
}
#endif

/*
 * MCUmgr does not say which transport a request came over, but the transports differ in their functions: only that of Bluetooth can check
 * whether a link is valid, and of the others only that of UDP copies an address. If another transport is taken for Bluetooth, because a
 * version of Zephyr gave it that function, its requests are refused: what they carry is not the pointer to a link.
 */
const char *wamr_smp_identify(const struct smp_streamer *ctxt, struct wamr_smp_client *client)
{
	const struct smp_transport_api_t *functions = &ctxt->smpt->functions;

	memset(client, 0, sizeof(*client));
	client->transport = ctxt->smpt;
	if (functions->query_valid_check) {
#ifdef CONFIG_MCUMGR_TRANSPORT_BT
		return bluetooth(ctxt->reader->nb, client);
#else
		return "unknown transport";
#endif
	}
	if (functions->ud_copy) {
#ifdef CONFIG_WAMR_ZEPHYR_SMP_UDP
		return udp(ctxt->reader->nb, client);
#else
		return "clients over UDP are not served";
#endif
	}
	client->is_owner = IS_ENABLED(CONFIG_WAMR_ZEPHYR_SMP_OWNER);
	return IS_ENABLED(CONFIG_WAMR_ZEPHYR_SMP_SERIAL) ? NULL : "clients on serial ports are not served";
}
