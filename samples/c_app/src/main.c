/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes WebAssembly apps, gives them a sensor and two LEDs, and prints what they do.
 */

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>

#include <wamr_zephyr.h>

/* --- The sensor, which apps import from the module `sensor` ---------------------------------------------------- */

#define CHANNELS 4

static int32_t readings[CHANNELS];

static int sensor_read(struct wamr_zephyr_caller *caller, const union wamr_zephyr_value *args,
		       union wamr_zephyr_value *result)
{
	uint32_t channel = args[0].i32;

	if (channel >= CHANNELS) {
		return wamr_zephyr_trap(caller, "the sensor has channels 0 to 3");
	}
	/* Stands for a driver. */
	result->i32 = 100 * channel + ++readings[channel];
	return 0;
}

/* Writes the unit of the sensor into the app's memory, and returns its length. */
static int sensor_unit(struct wamr_zephyr_caller *caller, const union wamr_zephyr_value *args,
		       union wamr_zephyr_value *result)
{
	static const char unit[] = "mV";
	uint32_t size = args[1].i32;
	uint8_t *memory = wamr_zephyr_memory(caller, args[0].i32, size);

	if (memory == NULL) {
		return -EFAULT;
	}
	result->i32 = MIN(size, strlen(unit));
	memcpy(memory, unit, result->i32);
	return 0;
}

/* Called when an app is stopped, replaced or removed: what it holds of the sensor would be freed here. */
static void sensor_unloaded(uint8_t slot)
{
	printk("c_app: the sensor forgets the app in slot %u\n", slot);
}

WAMR_ZEPHYR_HOST_GROUP(sensor, sensor_unloaded);
WAMR_ZEPHYR_HOST_FUNCTION(sensor, read, "(i)i", sensor_read);
WAMR_ZEPHYR_HOST_FUNCTION(sensor, unit, "(ii)i", sensor_unit);

/* --- Two LEDs: a manifest grants both (`led`), or one of them (`led:red`) --------------------------------------- */

enum { RED, GREEN, LEDS };

static const char *const colors[LEDS] = {"red", "green"};

/* The slots of the apps that have turned the LED on, a bit for each. */
static uint32_t users[LEDS];

static void set_led(uint32_t led, uint8_t slot, bool on)
{
	bool was_on = users[led] != 0;

	WRITE_BIT(users[led], slot, on);
	if (was_on != (users[led] != 0)) {
		/* Stands for a driver. */
		printk("c_app: the %s LED is %s\n", colors[led], was_on ? "off" : "on");
	}
}

static int led_set(struct wamr_zephyr_caller *caller, const union wamr_zephyr_value *args,
		   union wamr_zephyr_value *result)
{
	uint32_t led = args[0].i32;
	int err = wamr_zephyr_require(caller, led);

	if (err) {
		return err;
	}
	set_led(led, wamr_zephyr_caller_slot(caller), args[1].i32 != 0);
	return 0;
}

/* Turns off the LEDs that the app has turned on. */
static void led_unloaded(uint8_t slot)
{
	for (uint32_t led = 0; led < LEDS; led++) {
		set_led(led, slot, false);
	}
}

WAMR_ZEPHYR_HOST_GROUP(led, led_unloaded, "red", "green");
WAMR_ZEPHYR_HOST_FUNCTION(led, set, "(ii)", led_set);

/* --- What apps do ---------------------------------------------------------------------------------------------- */

static void on_receipt(const struct wamr_zephyr_receipt *receipt)
{
	switch (receipt->outcome) {
	case WAMR_ZEPHYR_RETURNED:
		if (receipt->result_count == 1 && receipt->result_types[0] == 'i') {
			printk("c_app: slot %u returned %d\n", receipt->slot, receipt->results[0].i32);
		} else {
			printk("c_app: slot %u returned\n", receipt->slot);
		}
		break;
	case WAMR_ZEPHYR_TRAPPED:
		printk("c_app: slot %u trapped: %.*s\n", receipt->slot, (int)receipt->message_length, receipt->message);
		break;
	case WAMR_ZEPHYR_STOPPED:
		printk("c_app: slot %u was stopped\n", receipt->slot);
		break;
	}
}

static void on_event(const struct wamr_zephyr_event *event)
{
	switch (event->type) {
	case WAMR_ZEPHYR_EVENT_LOADED:
		printk("c_app: slot %u was loaded\n", event->slot);
		break;
	case WAMR_ZEPHYR_EVENT_LOAD_FAILED:
		printk("c_app: slot %u could not be loaded\n", event->slot);
		break;
	case WAMR_ZEPHYR_EVENT_UNLOADED:
		printk("c_app: slot %u was unloaded\n", event->slot);
		break;
	case WAMR_ZEPHYR_EVENT_FAILED:
		printk("c_app: the device could not start\n");
		break;
	}
}

WAMR_ZEPHYR_CALLBACKS_DEFINE(console) = {
	.receipt = on_receipt,
	.event = on_event,
};

int main(void)
{
	int err = wamr_zephyr_start();

	if (err) {
		printk("c_app: cannot start: error %d\n", err);
	}
	/* The application goes on here. */
	return 0;
}
