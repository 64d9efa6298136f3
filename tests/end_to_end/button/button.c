/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The finger of a test on the button of a firmware for native_sim: standard input, which must not block, has `1` for each
 * time that it goes down and `0` for each time that it comes up. The firmware itself has an emulated pin instead of a real one.
 */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/kernel.h>

#include <nsi_host_trampolines.h>

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_ALIAS(sw0), gpios);

static void press(void)
{
	for (;;) {
		char byte;

		if (nsi_host_read(0, &byte, 1) == 1 && (byte == '0' || byte == '1')) {
			gpio_emul_input_set(button.port, button.pin, byte - '0');
		} else {
			k_msleep(5);
		}
	}
}

K_THREAD_DEFINE(finger, 1024, press, NULL, NULL, NULL, K_LOWEST_APPLICATION_THREAD_PRIO, 0, 0);
