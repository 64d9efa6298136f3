/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The button that stands for wamr_ble_pair. It may bounce: to press it twice does no more than once.
 */

#include <zephyr/drivers/gpio.h>
#include <zephyr/init.h>

#include "ble.h"

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_ALIAS(sw0), gpios);

static void pressed(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	wamr_ble_pair();
}

static int init(void)
{
	static struct gpio_callback callback;
	int err;

	if (!gpio_is_ready_dt(&button)) {
		return -ENODEV;
	}
	gpio_init_callback(&callback, pressed, BIT(button.pin));
	err = gpio_pin_configure_dt(&button, GPIO_INPUT);
	if (err == 0) {
		err = gpio_add_callback_dt(&button, &callback);
	}
	return err ? err : gpio_pin_interrupt_configure_dt(&button, GPIO_INT_EDGE_TO_ACTIVE);
}

SYS_INIT(init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
