/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The pins of apps. wamr-zephyr/src/host/gpio.rs repeats these declarations, and passes only numbers of pins that exist.
 */

#include <zephyr/drivers/gpio.h>

#include "grants.h"

CHECK_NAMES(pins, pin_names);

#define PIN(node, property, index) GPIO_DT_SPEC_GET(DT_PHANDLE_BY_IDX(node, property, index), gpios),

static const struct gpio_dt_spec pins[] = {DT_FOREACH_PROP_ELEM(GRANTS, pins, PIN)};

static struct watch {
	/* Without a handler if the pin is not watched. */
	struct gpio_callback callback;
	/* In the order of `Edge` in Rust. */
	uint8_t edge;
	/* The interrupt is off until the app has taken an event. */
	bool is_masked;
	/* What was reported last. */
	bool was_active;
} watches[ARRAY_SIZE(pins)];

/* Provided by Rust: a pin that an app watches is active now, or is not. */
void wamr_gpio_changed(uint32_t pin, bool active);

/* In the order of `Pull` in Rust. The resistors that the devicetree names stay if the app wants none. */
static const gpio_flags_t pulls[] = {0, GPIO_PULL_UP, GPIO_PULL_DOWN};

int wamr_gpio_input(uint32_t pin, uint32_t pull)
{
	struct gpio_dt_spec spec = pins[pin];

	if (!gpio_is_ready_dt(&spec)) {
		return -ENODEV;
	}
	if (pulls[pull] != 0) {
		spec.dt_flags &= ~(GPIO_PULL_UP | GPIO_PULL_DOWN);
	}
	return gpio_pin_configure_dt(&spec, GPIO_INPUT | pulls[pull]);
}

int wamr_gpio_output(uint32_t pin, bool active)
{
	if (!gpio_is_ready_dt(&pins[pin])) {
		return -ENODEV;
	}
	return gpio_pin_configure_dt(&pins[pin], active ? GPIO_OUTPUT_ACTIVE : GPIO_OUTPUT_INACTIVE);
}

/* 1 if it is active, 0 if it is not. */
int wamr_gpio_get(uint32_t pin)
{
	return gpio_pin_get_dt(&pins[pin]);
}

int wamr_gpio_set(uint32_t pin, bool active)
{
	return gpio_pin_set_dt(&pins[pin], active);
}

/* Reports a change, and no further one until the app has taken an event: edges that are too fast cost one interrupt per event. */
static void report(uint32_t pin, bool active)
{
	gpio_pin_interrupt_configure_dt(&pins[pin], GPIO_INT_DISABLE);
	watches[pin].is_masked = true;
	watches[pin].was_active = active;
	wamr_gpio_changed(pin, active);
}

static uint32_t pin_of(struct gpio_callback *callback)
{
	return CONTAINER_OF(callback, struct watch, callback) - watches;
}

static void became_active(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t which)
{
	report(pin_of(callback), true);
}

static void became_inactive(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t which)
{
	report(pin_of(callback), false);
}

static void changed(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t which)
{
	uint32_t pin = pin_of(callback);

	report(pin, gpio_pin_get_dt(&pins[pin]) > 0);
}

/* In the order of `Edge` in Rust. A pulse may be over when its interrupt is served, so only the last handler reads the pin. */
static const struct {
	gpio_flags_t interrupt;
	gpio_callback_handler_t handler;
} edges[] = {
	{GPIO_INT_EDGE_TO_ACTIVE, became_active},
	{GPIO_INT_EDGE_TO_INACTIVE, became_inactive},
	{GPIO_INT_EDGE_BOTH, changed},
};

static void unwatch(uint32_t pin)
{
	struct watch *watch = &watches[pin];

	if (watch->callback.handler != NULL) {
		gpio_pin_interrupt_configure_dt(&pins[pin], GPIO_INT_DISABLE);
		gpio_remove_callback_dt(&pins[pin], &watch->callback);
		watch->callback.handler = NULL;
		watch->is_masked = false;
	}
}

/* `edge`: negative to end the watch. */
int wamr_gpio_watch(uint32_t pin, int edge)
{
	struct watch *watch = &watches[pin];
	int err;

	unwatch(pin);
	if (edge < 0) {
		return 0;
	}
	watch->edge = edge;
	gpio_init_callback(&watch->callback, edges[edge].handler, BIT(pins[pin].pin));
	err = gpio_add_callback_dt(&pins[pin], &watch->callback);
	if (err == 0) {
		err = gpio_pin_interrupt_configure_dt(&pins[pin], edges[edge].interrupt);
	}
	if (err != 0) {
		unwatch(pin);
	}
	return err;
}

/* The app has taken an event, so it wants to know about the next change, and about one that it has missed. */
void wamr_gpio_rearm(uint32_t pin)
{
	struct watch *watch = &watches[pin];

	if (!watch->is_masked) {
		return;
	}
	watch->is_masked = false;
	gpio_pin_interrupt_configure_dt(&pins[pin], edges[watch->edge].interrupt);
	if (edges[watch->edge].handler == changed) {
		bool is_active = gpio_pin_get_dt(&pins[pin]) > 0;

		if (is_active != watch->was_active) {
			report(pin, is_active);
		}
	}
}

bool wamr_gpio_is_active_low(uint32_t pin)
{
	return (pins[pin].dt_flags & GPIO_ACTIVE_LOW) != 0;
}

/* Disconnects a pin. One whose driver cannot do that becomes an input. */
void wamr_gpio_release(uint32_t pin)
{
	const struct gpio_dt_spec *spec = &pins[pin];

	if (!gpio_is_ready_dt(spec)) {
		return;
	}
	unwatch(pin);
	if (gpio_pin_configure(spec->port, spec->pin, GPIO_DISCONNECTED) != 0) {
		gpio_pin_configure_dt(spec, GPIO_INPUT);
	}
}
