/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * A serial port with a ring buffer in each direction. An interrupt is on one side of each buffer, and one thread at a time on the other.
 */

#ifndef WAMR_ZEPHYR_UART_PORT_H
#define WAMR_ZEPHYR_UART_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/device.h>
#include <zephyr/sys/ring_buffer.h>

struct wamr_uart_port {
	const struct device *device;
	struct ring_buf received;
	struct ring_buf sent;
	/* Bytes were lost since the last read. */
	bool has_lost;
	/* Called by the interrupt with the number of received bytes that wait. */
	void (*arrived)(struct wamr_uart_port *port, uint32_t waiting);
};

/* Empties the buffers and starts to receive. Returns a negative error of the driver. */
int wamr_uart_port_open(struct wamr_uart_port *port);

/* Returns how many bytes there were, or -ENOSPC if some were lost before these. */
int wamr_uart_port_read(struct wamr_uart_port *port, uint8_t *buffer, uint32_t length);

/* Returns how many bytes there was room for. */
uint32_t wamr_uart_port_write(struct wamr_uart_port *port, const uint8_t *data, uint32_t length);

/* Stops receiving. The port still sends the bytes that it has accepted, unless it is opened again meanwhile. */
void wamr_uart_port_close(struct wamr_uart_port *port);

#endif
