/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The serial line of the service. wamr-zephyr/src/serial/ffi.rs repeats these declarations.
 */

#include "../uart/port.h"

/* Provided by Rust: bytes have arrived. Called by an interrupt. */
void wamr_serial_arrived(void);

static uint8_t buffers[2][CONFIG_WAMR_ZEPHYR_SERIAL_BUFFER];

static void arrived(struct wamr_uart_port *port, uint32_t waiting)
{
	ARG_UNUSED(port);
	ARG_UNUSED(waiting);
	wamr_serial_arrived();
}

static struct wamr_uart_port line = {
	.device = DEVICE_DT_GET(DT_CHOSEN(wamr_uart)),
	.received = RING_BUF_INIT(buffers[0], sizeof(buffers[0])),
	.sent = RING_BUF_INIT(buffers[1], sizeof(buffers[1])),
	.arrived = arrived,
};

int wamr_serial_open(void)
{
	return wamr_uart_port_open(&line);
}

/* Returns how many bytes there were, or once a negative number if some were lost before these. */
int wamr_serial_read(uint8_t *buffer, uint32_t length)
{
	return wamr_uart_port_read(&line, buffer, length);
}

/* Sends all bytes or, if there is no room for them, none. The caller keeps other threads from calling it. */
bool wamr_serial_send(const uint8_t *bytes, uint32_t length)
{
	return ring_buf_space_get(&line.sent) >= length && wamr_uart_port_write(&line, bytes, length) == length;
}
