/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The SPI devices of apps. wamr-zephyr/src/host/spi.rs repeats these declarations, and passes only numbers of devices that exist.
 */

#include <zephyr/drivers/spi.h>

#include "grants.h"

CHECK_NAMES(spi, spi_names);

/* The device stays selected between the parts of a transaction, and nobody else gets the bus. */
#define OPERATION (SPI_OP_MODE_MASTER | SPI_WORD_SET(8) | SPI_TRANSFER_MSB | SPI_HOLD_ON_CS | SPI_LOCK_ON)

#define DEVICE(node, property, index) SPI_DT_SPEC_GET(DT_PHANDLE_BY_IDX(node, property, index), OPERATION, 0),

static const struct spi_dt_spec devices[] = {DT_FOREACH_PROP_ELEM(GRANTS, spi, DEVICE)};

/* Writes and reads this many bytes. Without `write`, the bus sends zeros; without `read`, what arrives is dropped. */
int wamr_spi_transfer(uint32_t device, const uint8_t *write, uint8_t *read, size_t length)
{
	const struct spi_buf out = {.buf = (uint8_t *)write, .len = length}, in = {.buf = read, .len = length};
	const struct spi_buf_set outs = {.buffers = &out, .count = 1}, ins = {.buffers = &in, .count = 1};

	if (!spi_is_ready_dt(&devices[device])) {
		return -ENODEV;
	}
	return spi_transceive_dt(&devices[device], write ? &outs : NULL, read ? &ins : NULL);
}

/* Ends a transaction. */
void wamr_spi_release(uint32_t device)
{
	spi_release_dt(&devices[device]);
}
