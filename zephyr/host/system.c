/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Why the device started last. wamr-zephyr/src/host/system.rs repeats this declaration.
 */

#include <zephyr/drivers/hwinfo.h>
#include <zephyr/init.h>

/* In the order of `ResetReason` in Rust, from 1. If there are several causes, the last of these counts. */
static const uint32_t causes[] = {
	RESET_POR,      RESET_PIN,         RESET_SOFTWARE,       RESET_WATCHDOG,
	RESET_BROWNOUT, RESET_LOW_POWER_WAKE, RESET_DEBUG,
};

static uint8_t reason;

/* The number of a `ResetReason`; 0 if it is unknown. */
uint8_t wamr_system_reset_reason(void)
{
	return reason;
}

/* The causes of earlier restarts stay until they are cleared. */
static int init(void)
{
	uint32_t cause;

	if (hwinfo_get_reset_cause(&cause) != 0) {
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (cause & causes[i]) {
			reason = i + 1;
		}
	}
	hwinfo_clear_reset_cause();
	return 0;
}

SYS_INIT(init, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);
