/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The server that apps talk to: it sends back what it receives on port 7, over TCP and UDP, closes a connection on which it receives
 * "q", and answers DNS queries on port 5300: it knows the names that start with "known".
 */

#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/net_ip.h>
#include <zephyr/net/socket.h>

#define ECHO_PORT 7
#define DNS_PORT  5300

enum { LISTENER, CONNECTION, DATAGRAMS, QUERIES, COUNT };

static struct zsock_pollfd sockets[COUNT];

static int bound(int type, int protocol, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = zsock_socket(AF_INET, type, protocol);

	if (zsock_bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		printk("port %u cannot be bound\n", port);
	}
	return fd;
}

static void echo(void)
{
	uint8_t bytes[64];
	ssize_t length = zsock_recv(sockets[CONNECTION].fd, bytes, sizeof(bytes), 0);

	if (length <= 0 || bytes[0] == 'q') {
		zsock_close(sockets[CONNECTION].fd);
		sockets[CONNECTION].fd = -1;
		return;
	}
	zsock_send(sockets[CONNECTION].fd, bytes, length, 0);
}

/* Datagrams longer than 512 bytes cannot be received, so apps that send "l" get one. */
static void echo_datagram(void)
{
	static uint8_t bytes[513];
	struct sockaddr_in sender;
	socklen_t size = sizeof(sender);
	ssize_t length = zsock_recvfrom(sockets[DATAGRAMS].fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&sender, &size);

	if (length == 1 && bytes[0] == 'l') {
		length = sizeof(bytes);
	}
	zsock_sendto(sockets[DATAGRAMS].fd, bytes, length, 0, (struct sockaddr *)&sender, size);
}

/* The message of a query, with one answer: a pointer to the name, the type A, the class IN, a time, and 127.0.0.1. */
static void answer(void)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
	uint8_t message[128];
	struct sockaddr_in sender;
	socklen_t size = sizeof(sender);
	ssize_t length = zsock_recvfrom(sockets[QUERIES].fd, message, sizeof(message) - sizeof(record), 0,
					(struct sockaddr *)&sender, &size);
	bool is_known = length > 18 && memcmp(&message[13], "known", 5) == 0;

	message[2] = 0x81;
	message[3] = is_known ? 0x80 : 0x83;
	if (is_known) {
		message[7] = 1;
		memcpy(&message[length], record, sizeof(record));
		length += sizeof(record);
	}
	zsock_sendto(sockets[QUERIES].fd, message, length, 0, (struct sockaddr *)&sender, size);
}

static void serve(void *first, void *second, void *third)
{
	int fds[COUNT] = {
		[LISTENER] = bound(SOCK_STREAM, IPPROTO_TCP, ECHO_PORT),
		[CONNECTION] = -1,
		[DATAGRAMS] = bound(SOCK_DGRAM, IPPROTO_UDP, ECHO_PORT),
		[QUERIES] = bound(SOCK_DGRAM, IPPROTO_UDP, DNS_PORT),
	};

	zsock_listen(fds[LISTENER], 1);
	for (int index = 0; index < COUNT; index++) {
		sockets[index] = (struct zsock_pollfd){.fd = fds[index], .events = ZSOCK_POLLIN};
	}
	while (true) {
		zsock_poll(sockets, COUNT, -1);
		if (sockets[CONNECTION].fd >= 0 && sockets[CONNECTION].revents != 0) {
			echo();
		}
		if (sockets[LISTENER].revents != 0) {
			sockets[CONNECTION].fd = zsock_accept(sockets[LISTENER].fd, NULL, NULL);
		}
		if (sockets[DATAGRAMS].revents != 0) {
			echo_datagram();
		}
		if (sockets[QUERIES].revents != 0) {
			answer();
		}
	}
}

K_THREAD_DEFINE(server, 4096, serve, NULL, NULL, NULL, 10, 0, 0);
