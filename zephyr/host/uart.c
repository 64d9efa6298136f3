/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The serial ports of apps. wamr-zephyr/src/host/uart.rs repeats these declarations, and passes only numbers of ports that exist.
 */

#include "../uart/port.h"
#include "grants.h"

CHECK_NAMES(uart, uart_names);

/* Provided by Rust: a port has received bytes, and so many wait. */
void wamr_uart_received(uint32_t port, uint32_t waiting);

static void arrived(struct wamr_uart_port *port, uint32_t waiting);

static uint8_t buffers[DT_PROP_LEN(GRANTS, uart)][2][CONFIG_WAMR_ZEPHYR_HOST_UART_BUFFER];

#define PORT(node, property, index)                                                                                    \
	{                                                                                                              \
		.device = DEVICE_DT_GET(DT_PHANDLE_BY_IDX(node, property, index)),                                     \
		.received = RING_BUF_INIT(buffers[index][0], sizeof(buffers[index][0])),                               \
		.sent = RING_BUF_INIT(buffers[index][1], sizeof(buffers[index][1])),                                   \
		.arrived = arrived,                                                                                    \
	},

static struct wamr_uart_port ports[] = {DT_FOREACH_PROP_ELEM(GRANTS, uart, PORT)};

static void arrived(struct wamr_uart_port *port, uint32_t waiting)
{
	wamr_uart_received(port - ports, waiting);
}

int wamr_uart_open(uint32_t port)
{
	return wamr_uart_port_open(&ports[port]);
}

int wamr_uart_read(uint32_t port, uint8_t *buffer, uint32_t length)
{
	return wamr_uart_port_read(&ports[port], buffer, length);
}

uint32_t wamr_uart_waiting(uint32_t port)
{
	return ring_buf_size_get(&ports[port].received);
}

uint32_t wamr_uart_write(uint32_t port, const uint8_t *data, uint32_t length)
{
	return wamr_uart_port_write(&ports[port], data, length);
}

void wamr_uart_close(uint32_t port)
{
	wamr_uart_port_close(&ports[port]);
}
