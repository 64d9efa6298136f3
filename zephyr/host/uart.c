/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The serial ports of apps. wamr-zephyr/src/host/uart.rs repeats these declarations, and passes only numbers of ports that exist.
 */

#include <zephyr/drivers/uart.h>
#include <zephyr/sys/ring_buffer.h>

#include "grants.h"

CHECK_NAMES(uart, uart_names);

#define PORT(node, property, index) DEVICE_DT_GET(DT_PHANDLE_BY_IDX(node, property, index)),

static const struct device *const devices[] = {DT_FOREACH_PROP_ELEM(GRANTS, uart, PORT)};

/* An interrupt is on one side of each ring buffer, and the thread of apps on the other. */
static struct port {
	struct ring_buf received;
	struct ring_buf sent;
	uint8_t received_bytes[CONFIG_WAMR_ZEPHYR_HOST_UART_BUFFER];
	uint8_t sent_bytes[CONFIG_WAMR_ZEPHYR_HOST_UART_BUFFER];
	bool has_lost;
} ports[ARRAY_SIZE(devices)];

/* Provided by Rust: a port has received bytes, and so many wait. */
void wamr_uart_received(uint32_t port, uint32_t waiting);

static void receive(const struct device *device, struct port *port)
{
	uint8_t byte;

	while (uart_fifo_read(device, &byte, 1) == 1) {
		port->has_lost |= ring_buf_put(&port->received, &byte, 1) == 0;
	}
	wamr_uart_received(port - ports, ring_buf_size_get(&port->received));
}

static void transmit(const struct device *device, struct port *port)
{
	uint8_t *bytes;
	uint32_t count = ring_buf_get_claim(&port->sent, &bytes, sizeof(port->sent_bytes));
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
	struct port *port = context;
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

int wamr_uart_open(uint32_t port)
{
	const struct device *device = devices[port];
	struct port *state = &ports[port];
	uint8_t stale;
	int err;

	if (!device_is_ready(device)) {
		return -ENODEV;
	}
	/* A former app may have left bytes to send. */
	uart_irq_tx_disable(device);
	err = uart_irq_callback_user_data_set(device, serve, state);
	if (err != 0) {
		return err;
	}
	ring_buf_init(&state->received, sizeof(state->received_bytes), state->received_bytes);
	ring_buf_init(&state->sent, sizeof(state->sent_bytes), state->sent_bytes);
	while (uart_poll_in(device, &stale) == 0) {
	}
	(void)uart_err_check(device);
	state->has_lost = false;
	uart_irq_rx_enable(device);
	return 0;
}

int wamr_uart_read(uint32_t port, uint8_t *buffer, uint32_t length)
{
	struct port *state = &ports[port];

	if (state->has_lost) {
		state->has_lost = false;
		return -ENOSPC;
	}
	return ring_buf_get(&state->received, buffer, length);
}

uint32_t wamr_uart_waiting(uint32_t port)
{
	return ring_buf_size_get(&ports[port].received);
}

/* Returns how many bytes there was room for. */
uint32_t wamr_uart_write(uint32_t port, const uint8_t *data, uint32_t length)
{
	uint32_t accepted = ring_buf_put(&ports[port].sent, data, length);

	uart_irq_tx_enable(devices[port]);
	return accepted;
}

/* What was accepted is still sent, unless another app opens the port meanwhile. */
void wamr_uart_close(uint32_t port)
{
	uart_irq_rx_disable(devices[port]);
}
