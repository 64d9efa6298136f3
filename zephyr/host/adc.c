/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The analog inputs of apps. wamr-zephyr/src/host/adc.rs repeats this declaration, and passes only numbers of inputs that exist.
 */

#include <zephyr/drivers/adc.h>

#include "grants.h"

CHECK_NAMES(io_channels, io_channel_names);

#define INPUT(node, property, index) ADC_DT_SPEC_GET_BY_IDX(node, index),

static const struct adc_dt_spec inputs[] = {DT_FOREACH_PROP_ELEM(GRANTS, io_channels, INPUT)};

/* Measures, and sets `microvolts`. */
int wamr_adc_read(uint32_t input, int32_t *microvolts)
{
	const struct adc_dt_spec *spec = &inputs[input];
	int16_t raw = 0;
	struct adc_sequence sequence = {.buffer = &raw, .buffer_size = sizeof(raw)};
	int32_t reference = spec->vref_mv;
	int64_t value;
	int err;

	if (!adc_is_ready_dt(spec)) {
		return -ENODEV;
	}
	/* Each time, as other inputs of the same converter may have been set up since. */
	err = adc_channel_setup_dt(spec);
	if (err == 0) {
		err = adc_sequence_init_dt(spec, &sequence);
	}
	if (err == 0) {
		err = adc_read_dt(spec, &sequence);
	}
	if (err != 0) {
		return err;
	}
	if (spec->channel_cfg.reference == ADC_REF_INTERNAL) {
		reference = adc_ref_internal(spec->dev);
	}
	if (reference == 0) {
		return -ENOTSUP;
	}
	value = spec->channel_cfg.differential ? raw : (uint16_t)raw;
	/* One bit of a differential value is the sign. */
	value = value * reference * 1000 / (1 << (spec->resolution - spec->channel_cfg.differential));
	*microvolts = value;
	return adc_gain_invert(spec->channel_cfg.gain, microvolts);
}
