/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sensors of apps. wamr-zephyr/src/host/sensor.rs repeats these declarations, and passes only numbers of sensors that exist.
 */

#include <zephyr/drivers/sensor.h>

#include "grants.h"

CHECK_NAMES(sensor, sensor_names);

/* `Channel` of wamr-host/src/sensor.rs has these numbers. */
BUILD_ASSERT(SENSOR_CHAN_ACCEL_X == 0 && SENSOR_CHAN_AMBIENT_TEMP == 13 && SENSOR_CHAN_FREQUENCY == 42,
	     "the channels in wamr-host/src/sensor.rs are not those of this version of Zephyr");

#define SENSOR(node, property, index) DEVICE_DT_GET(DT_PHANDLE_BY_IDX(node, property, index)),

static const struct device *const sensors[] = {DT_FOREACH_PROP_ELEM(GRANTS, sensor, SENSOR)};

/* Provided by Rust: a sensor has a new measurement. */
void wamr_sensor_measured(uint32_t sensor);

/* Measures, and sets `micros` to the value in millionths. */
int wamr_sensor_read(uint32_t sensor, uint8_t channel, int64_t *micros)
{
	struct sensor_value value;
	int err;

	if (!device_is_ready(sensors[sensor])) {
		return -ENODEV;
	}
	/* All channels first: many drivers measure only all at once, and some assert that nothing else is asked for. */
	err = sensor_sample_fetch(sensors[sensor]);
	if (err == -ENOTSUP) {
		err = sensor_sample_fetch_chan(sensors[sensor], channel);
	}
	if (err == 0) {
		err = sensor_channel_get(sensors[sensor], channel, &value);
	}
	if (err == 0) {
		*micros = sensor_value_to_micro(&value);
	}
	return err;
}

/* Drivers keep a pointer to it. It says that new data is there, from whatever channel. */
static const struct sensor_trigger ready = {.type = SENSOR_TRIG_DATA_READY, .chan = SENSOR_CHAN_ALL};

static void measured(const struct device *sensor, const struct sensor_trigger *trigger)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(sensors); i++) {
		if (sensors[i] == sensor) {
			wamr_sensor_measured(i);
		}
	}
}

int wamr_sensor_watch(uint32_t sensor, bool on)
{
	if (!device_is_ready(sensors[sensor])) {
		return -ENODEV;
	}
	return sensor_trigger_set(sensors[sensor], &ready, on ? measured : NULL);
}
