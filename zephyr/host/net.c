/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The hosts and sockets of apps. wamr-zephyr/src/host/net.rs repeats these declarations, and passes only numbers of hosts and sockets
 * below the number of places.
 */

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/dns_resolve.h>
#include <zephyr/net/net_ip.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/socket_service.h>

#define PLACES   CONFIG_WAMR_ZEPHYR_HOST_NET_SOCKETS
#define NAME_MAX 64

BUILD_ASSERT(CONFIG_ZVFS_POLL_MAX > PLACES,
	     "CONFIG_ZVFS_POLL_MAX must be greater than CONFIG_WAMR_ZEPHYR_HOST_NET_SOCKETS, by the sockets of DNS and other services");

/* Provided by Rust. */
void wamr_net_host_changed(uint32_t host);
void wamr_net_socket_changed(uint32_t socket);

/* --- Hosts --------------------------------------------------------------------------------------------------------- */

#define TIMEOUT_MS 10000

static struct host {
	enum { FREE, PENDING, KNOWN, UNKNOWN } state;
	/* Distinguishes the host from earlier ones with its number. */
	uint16_t ticket;
	uint16_t query;
	struct sockaddr address;
	/* The resolver reads it until it is done. */
	char name[NAME_MAX + 1];
} hosts[PLACES];

/* The resolver calls back with its own lock, so it must not be called with this one. */
static struct k_spinlock hosts_lock;

#if defined(CONFIG_DNS_RESOLVER)

static void resolved(enum dns_resolve_status status, struct dns_addrinfo *info, void *user_data)
{
	uint32_t query = POINTER_TO_UINT(user_data);
	struct host *host = &hosts[query & 0xff];

	K_SPINLOCK(&hosts_lock) {
		if (host->state == PENDING && host->ticket == query >> 8) {
			if (status == DNS_EAI_INPROGRESS && info != NULL) {
				host->address = info->ai_addr;
				host->state = KNOWN;
			} else {
				host->state = UNKNOWN;
			}
			wamr_net_host_changed(query & 0xff);
		}
	}
}

static int start_query(uint32_t number)
{
	struct host *host = &hosts[number];
	enum dns_query_type type = IS_ENABLED(CONFIG_NET_IPV4) ? DNS_QUERY_TYPE_A : DNS_QUERY_TYPE_AAAA;
	int err = dns_get_addr_info(host->name, type, &host->query, resolved, UINT_TO_POINTER(host->ticket << 8 | number),
				    TIMEOUT_MS);

	/* There are too many queries. */
	return err == -EAGAIN ? -ENOMEM : err;
}

#else

static int start_query(uint32_t number)
{
	return -ENOTSUP;
}

#endif

/* `name` has at most NAME_MAX bytes and no end. */
int wamr_net_look_up(uint32_t number, const char *name, size_t length)
{
	struct host *host = &hosts[number];
	int err;

	memcpy(host->name, name, length);
	host->name[length] = 0;
	if (net_ipaddr_parse(name, length, &host->address)) {
		host->state = KNOWN;
		wamr_net_host_changed(number);
		return 0;
	}
	host->ticket++;
	host->state = PENDING;
	err = start_query(number);
	if (err < 0) {
		host->state = FREE;
	}
	return err;
}

static int address_of(uint32_t number, uint16_t port, struct sockaddr *address)
{
	int err = -ENOENT;

	K_SPINLOCK(&hosts_lock) {
		if (hosts[number].state == KNOWN) {
			*address = hosts[number].address;
			err = 0;
		} else if (hosts[number].state == PENDING) {
			err = -EBUSY;
		}
	}
	/* The port has the same place in both families of addresses. */
	net_sin(address)->sin_port = htons(port);
	return err;
}

static void print(const struct sockaddr *address, char text[NET_IPV6_ADDR_LEN])
{
	const void *bytes = address->sa_family == AF_INET6 ? (const void *)&net_sin6(address)->sin6_addr
							   : (const void *)&net_sin(address)->sin_addr;

	net_addr_ntop(address->sa_family, bytes, text, NET_IPV6_ADDR_LEN);
}

int wamr_net_address(uint32_t number, char text[NET_IPV6_ADDR_LEN])
{
	struct sockaddr address = {0};
	int err = address_of(number, 0, &address);

	if (err == 0) {
		print(&address, text);
	}
	return err;
}

void wamr_net_forget(uint32_t number)
{
	struct host *host = &hosts[number];
	bool is_pending = false;

	K_SPINLOCK(&hosts_lock) {
		is_pending = host->state == PENDING;
		host->state = FREE;
	}
	if (IS_ENABLED(CONFIG_DNS_RESOLVER) && is_pending) {
		dns_cancel_addr_info(host->query);
	}
}

/* --- Sockets ------------------------------------------------------------------------------------------------------- */

static struct {
	int fd;
	enum { CLOSED_SOCKET, CONNECTING, OPEN, BOUND, ENDED } state;
} sockets[PLACES];

/* Between the thread of apps and that of the socket service. */
static K_MUTEX_DEFINE(lock);

/* What the socket service waits for. */
static struct zsock_pollfd watched[PLACES] = {[0 ... PLACES - 1] = {.fd = -1}};

static void ready(struct net_socket_service_event *event);

NET_SOCKET_SERVICE_SYNC_DEFINE_STATIC(service, ready, PLACES);

/* `events`: 0 to wait for nothing. */
static int watch(uint32_t number, int events)
{
	watched[number] = (struct zsock_pollfd){.fd = events == 0 ? -1 : sockets[number].fd, .events = events};
	return net_socket_service_register(&service, watched, PLACES, NULL);
}

static void end(uint32_t number)
{
	sockets[number].state = ENDED;
	watch(number, 0);
}

/* How often to look whether a connection is established. The socket service would not: it goes on to wait for the events of before if
 * its handler changes them.
 */
#define LOOK_MS 20

static void look(struct k_work *work);

static K_WORK_DELAYABLE_DEFINE(looks, look);

/* Whether a connection is established, or has failed. */
static bool is_done(uint32_t number)
{
	struct zsock_pollfd poll = {.fd = sockets[number].fd, .events = ZSOCK_POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	zsock_poll(&poll, 1, 0);
	zsock_getsockopt(poll.fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (poll.revents == 0 && error == 0) {
		return false;
	}
	if (poll.revents != ZSOCK_POLLOUT || error != 0) {
		end(number);
	} else {
		sockets[number].state = OPEN;
		watch(number, ZSOCK_POLLIN);
	}
	return true;
}

static void look(struct k_work *work)
{
	k_mutex_lock(&lock, K_FOREVER);
	for (uint32_t number = 0; number < PLACES; number++) {
		if (sockets[number].state != CONNECTING) {
			continue;
		}
		if (is_done(number)) {
			wamr_net_socket_changed(number);
		} else {
			k_work_schedule(&looks, K_MSEC(LOOK_MS));
		}
	}
	k_mutex_unlock(&lock);
}

/* Zephyr changes the order of packets if one looks at what waits, so a readable connection can also be one that has ended. */
static void report(uint32_t number, int revents)
{
	if (sockets[number].state == OPEN && (revents & (ZSOCK_POLLERR | ZSOCK_POLLNVAL)) != 0) {
		end(number);
	} else {
		/* The next report follows after the app has received something. */
		watch(number, 0);
	}
	wamr_net_socket_changed(number);
}

static void ready(struct net_socket_service_event *event)
{
	k_mutex_lock(&lock, K_FOREVER);
	for (uint32_t number = 0; number < PLACES; number++) {
		if (watched[number].fd == event->event.fd) {
			report(number, event->event.revents);
			break;
		}
	}
	k_mutex_unlock(&lock);
}

/* The result of a function of sockets. */
static int done(int result)
{
	return result < 0 ? -errno : result;
}

static int open_socket(uint32_t number, sa_family_t family, int type, int protocol)
{
	sockets[number].fd = zsock_socket(family, type, protocol);
	return done(sockets[number].fd);
}

void wamr_net_close(uint32_t number)
{
	k_mutex_lock(&lock, K_FOREVER);
	if (sockets[number].state != CLOSED_SOCKET) {
		sockets[number].state = CLOSED_SOCKET;
		watch(number, 0);
		zsock_close(sockets[number].fd);
	}
	k_mutex_unlock(&lock);
}

/* A new socket is in a state from which it reports something, or it is closed if there was an error. */
static int begin(uint32_t number, int state, int events, int err)
{
	k_mutex_lock(&lock, K_FOREVER);
	sockets[number].state = state;
	if (err == 0) {
		err = watch(number, events);
	}
	k_mutex_unlock(&lock);
	if (err < 0) {
		wamr_net_close(number);
	}
	return err;
}

int wamr_net_connect(uint32_t number, uint32_t host, uint16_t port)
{
	struct sockaddr address = {0};
	int err = address_of(host, port, &address);

	if (err < 0) {
		return err;
	}
	err = open_socket(number, address.sa_family, SOCK_STREAM, IPPROTO_TCP);
	if (err < 0) {
		return err;
	}
	zsock_fcntl(sockets[number].fd, ZVFS_F_SETFL, ZVFS_O_NONBLOCK);
	err = done(zsock_connect(sockets[number].fd, &address, sizeof(address)));
	err = begin(number, CONNECTING, 0, err == -EINPROGRESS ? 0 : err);
	if (err == 0) {
		k_work_schedule(&looks, K_MSEC(LOOK_MS));
	}
	return err;
}

int wamr_net_bind(uint32_t number, uint16_t port)
{
	struct sockaddr address = {.sa_family = IS_ENABLED(CONFIG_NET_IPV4) ? AF_INET : AF_INET6};
	int err = open_socket(number, address.sa_family, SOCK_DGRAM, IPPROTO_UDP);

	if (err < 0) {
		return err;
	}
	net_sin(&address)->sin_port = htons(port);
	err = done(zsock_bind(sockets[number].fd, &address, sizeof(address)));
	return begin(number, BOUND, ZSOCK_POLLIN, err == -EADDRINUSE ? -EBUSY : err);
}

/* Whether a connection can be used. */
static int connection(uint32_t number)
{
	switch (sockets[number].state) {
	case OPEN:
		return 0;
	case CONNECTING:
		return -EBUSY;
	default:
		return -EIO;
	}
}

int wamr_net_send(uint32_t number, const uint8_t *data, size_t length)
{
	int result = connection(number);

	if (result == 0 && length > 0) {
		result = done(zsock_send(sockets[number].fd, data, length, ZSOCK_MSG_DONTWAIT));
	}
	return result == -EAGAIN || result == -ENOMEM || result == -ENOBUFS ? 0 : result;
}

int wamr_net_receive(uint32_t number, uint8_t *buffer, size_t length)
{
	int result;

	k_mutex_lock(&lock, K_FOREVER);
	result = connection(number);
	if (result == 0 && length > 0) {
		result = done(zsock_recv(sockets[number].fd, buffer, length, ZSOCK_MSG_DONTWAIT));
		if (result <= 0 && result != -EAGAIN) {
			end(number);
			wamr_net_socket_changed(number);
		}
	}
	if (sockets[number].state == OPEN) {
		watch(number, ZSOCK_POLLIN);
	}
	k_mutex_unlock(&lock);
	return result == -EAGAIN ? 0 : result;
}

int wamr_net_send_to(uint32_t number, uint32_t host, uint16_t port, const uint8_t *data, size_t length)
{
	struct sockaddr address = {0};
	int err = address_of(host, port, &address);

	if (err == 0) {
		err = done(zsock_sendto(sockets[number].fd, data, length, ZSOCK_MSG_DONTWAIT, &address, sizeof(address)));
	}
	return err == -EAGAIN || err == -ENOBUFS ? -ENOMEM : err;
}

/* The length of the datagram, which is cut if it is longer. `text` is empty if there is none. `length` is at least 1. */
int wamr_net_receive_from(uint32_t number, uint8_t *buffer, size_t length, char text[NET_IPV6_ADDR_LEN], uint16_t *port)
{
	struct sockaddr address = {0};
	socklen_t size = sizeof(address);
	int result;

	text[0] = 0;
	k_mutex_lock(&lock, K_FOREVER);
	result = done(zsock_recvfrom(sockets[number].fd, buffer, length, ZSOCK_MSG_DONTWAIT | ZSOCK_MSG_TRUNC, &address, &size));
	watch(number, ZSOCK_POLLIN);
	k_mutex_unlock(&lock);
	if (result >= 0) {
		print(&address, text);
		*port = ntohs(net_sin(&address)->sin_port);
	}
	return result == -EAGAIN ? 0 : result;
}
