/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The I2C buses of apps, and devices on them. wamr-zephyr/src/host/i2c.rs repeats these declarations, and passes only numbers of
 * buses that exist.
 */

#include <zephyr/drivers/i2c.h>

#include "grants.h"

CHECK_NAMES(i2c, i2c_names);

/* `struct i2c_msg` in Rust. */
BUILD_ASSERT(offsetof(struct i2c_msg, len) == sizeof(void *) && offsetof(struct i2c_msg, flags) == sizeof(void *) + 4 &&
		     sizeof(struct i2c_msg) == 2 * sizeof(void *) + (sizeof(void *) == 4 ? 4 : 0),
	     "Message in wamr-zephyr/src/host/i2c.rs");

struct grant {
	const struct device *controller;
	/* -1: all addresses of the bus. */
	int address;
};

#define DEVICE(node)   {.controller = DEVICE_DT_GET(DT_BUS(node)), .address = DT_REG_ADDR(node)}
#define ALL_OF(node)   {.controller = DEVICE_DT_GET(node), .address = -1}
#define GRANT_OF(node) COND_CODE_1(DT_ON_BUS(node, i2c), (DEVICE(node)), (ALL_OF(node))),

#define GRANT(node, property, index) GRANT_OF(DT_PHANDLE_BY_IDX(node, property, index))

static const struct grant grants[] = {DT_FOREACH_PROP_ELEM(GRANTS, i2c, GRANT)};

/* The address of a device, or -1 for a bus. */
int wamr_i2c_address(uint32_t bus)
{
	return grants[bus].address;
}

int wamr_i2c_transfer(uint32_t bus, uint16_t address, struct i2c_msg *messages, uint8_t count)
{
	if (!device_is_ready(grants[bus].controller)) {
		return -ENODEV;
	}
	return i2c_transfer(grants[bus].controller, messages, count, address);
}
