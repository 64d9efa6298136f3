/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The button: held, it opens pairing mode; a short press confirms that the numbers are the same. Held while the device starts, it
 * removes all bonds.
 */

#include <zephyr/drivers/gpio.h>
#include <zephyr/init.h>

#include "ble.h"

/* Buttons bounce. The state is stable this long after the last change. */
#define BOUNCE_TIME K_MSEC(20)

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_ALIAS(sw0), gpios);

static bool is_down;
static int64_t down_since;

static void held(struct k_work *work)
{
	wamr_ble_pair();
}

static K_WORK_DELAYABLE_DEFINE(holding, held);

static void held_since_the_start(struct k_work *work)
{
	wamr_ble_forget_clients();
}

static K_WORK_DELAYABLE_DEFINE(forgetting, held_since_the_start);

/* On the same queue as `held`, so that a press is either short or long. */
static void settled(struct k_work *work)
{
	bool was_down = is_down;

	is_down = gpio_pin_get_dt(&button) > 0;
	if (!is_down) {
		k_work_cancel_delayable(&forgetting);
	}
	if (is_down && !was_down) {
		down_since = k_uptime_get();
		k_work_schedule(&holding, K_MSEC(CONFIG_WAMR_ZEPHYR_BLE_BUTTON_HOLD_MS));
	} else if (was_down && !is_down && k_work_delayable_is_pending(&holding)) {
		k_work_cancel_delayable(&holding);
#ifdef CONFIG_WAMR_ZEPHYR_BLE_NUMERIC_COMPARISON
		wamr_ble_agree(down_since);
#endif
	}
}

static K_WORK_DELAYABLE_DEFINE(settling, settled);

static void changed(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	k_work_reschedule(&settling, BOUNCE_TIME);
}

/* A press that is short, a bouncing contact or a restart while somebody uses the button must not cost the bonds. */
void wamr_ble_button_start(void)
{
	if (gpio_pin_get_dt(&button) > 0) {
		k_work_schedule(&forgetting, K_MSEC(CONFIG_WAMR_ZEPHYR_BLE_BUTTON_FORGET_MS));
	}
}

static int init(void)
{
	static struct gpio_callback callback;
	int err;

	if (!gpio_is_ready_dt(&button)) {
		return -ENODEV;
	}
	gpio_init_callback(&callback, changed, BIT(button.pin));
	err = gpio_pin_configure_dt(&button, GPIO_INPUT);
	if (err == 0) {
		err = gpio_add_callback_dt(&button, &callback);
	}
	return err ? err : gpio_pin_interrupt_configure_dt(&button, GPIO_INT_EDGE_BOTH);
}

SYS_INIT(init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
