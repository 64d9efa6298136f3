/*
 * SPDX-License-Identifier: Apache-2.0
 */

#include <zephyr/drivers/uart.h>

#include "port.h"

static void receive(const struct device *device, struct wamr_uart_port *port)
{
	uint8_t byte;

	while (uart_fifo_read(device, &byte, 1) == 1) {
		port->has_lost |= ring_buf_put(&port->received, &byte, 1) == 0;
	}
	port->arrived(port, ring_buf_size_get(&port->received));
}

static void transmit(const struct device *device, struct wamr_uart_port *port)
{
	uint8_t *bytes;
	uint32_t count = ring_buf_get_claim(&port->sent, &bytes, ring_buf_capacity_get(&port->sent));
	int filled = 0;

	if (count == 0) {
		uart_irq_tx_disable(device);
	} else {
		filled = uart_fifo_fill(device, bytes, count);
	}
	ring_buf_get_finish(&port->sent, MAX(filled, 0));
}

static void serve(const struct device *device, void *context)
{
	struct wamr_uart_port *port = context;
	/* Negative if the driver does not check. */
	int errors = uart_err_check(device);

	port->has_lost |= errors > 0 && (errors & UART_ERROR_OVERRUN) != 0;
	uart_irq_update(device);
	if (uart_irq_rx_ready(device) > 0) {
		receive(device, port);
	}
	if (uart_irq_tx_ready(device) > 0) {
		transmit(device, port);
	}
}

int wamr_uart_port_open(struct wamr_uart_port *port)
{
	uint8_t stale;
	int err;

	if (!device_is_ready(port->device)) {
		return -ENODEV;
	}
	/* A former user may have left bytes to send. */
	uart_irq_tx_disable(port->device);
	err = uart_irq_callback_user_data_set(port->device, serve, port);
	if (err != 0) {
		return err;
	}
	ring_buf_reset(&port->received);
	ring_buf_reset(&port->sent);
	while (uart_poll_in(port->device, &stale) == 0) {
	}
	(void)uart_err_check(port->device);
	port->has_lost = false;
	uart_irq_rx_enable(port->device);
	return 0;
}

int wamr_uart_port_read(struct wamr_uart_port *port, uint8_t *buffer, uint32_t length)
{
	if (port->has_lost) {
		port->has_lost = false;
		return -ENOSPC;
	}
	return ring_buf_get(&port->received, buffer, length);
}

uint32_t wamr_uart_port_write(struct wamr_uart_port *port, const uint8_t *data, uint32_t length)
{
	uint32_t accepted = ring_buf_put(&port->sent, data, length);

	uart_irq_tx_enable(port->device);
	return accepted;
}

void wamr_uart_port_close(struct wamr_uart_port *port)
{
	uart_irq_rx_disable(port->device);
}
