/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The pulse-width modulated outputs of apps. wamr-zephyr/src/host/pwm.rs repeats these declarations, and passes only numbers of outputs
 * that exist.
 */

#include <zephyr/drivers/pwm.h>

#include "grants.h"

CHECK_NAMES(pwm, pwm_names);

#define OUTPUT(node, property, index) PWM_DT_SPEC_GET(DT_PHANDLE_BY_IDX(node, property, index)),

static const struct pwm_dt_spec outputs[] = {DT_FOREACH_PROP_ELEM(GRANTS, pwm, OUTPUT)};

/* Both in nanoseconds. */
int wamr_pwm_set(uint32_t output, uint32_t period, uint32_t pulse)
{
	if (!pwm_is_ready_dt(&outputs[output])) {
		return -ENODEV;
	}
	return pwm_set_dt(&outputs[output], period, pulse);
}

void wamr_pwm_release(uint32_t output)
{
	wamr_pwm_set(output, outputs[output].period, 0);
}
