/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The hardware watchdog, which needs devicetree macros. wamr-zephyr/src/watchdog.rs repeats this declaration.
 */

#include <zephyr/device.h>
#include <zephyr/devicetree.h>

/* Returns the watchdog behind the task watchdog, or NULL if the board has none. */
const struct device *wamr_watchdog_device(void)
{
#ifdef CONFIG_TASK_WDT_HW_FALLBACK
	return DEVICE_DT_GET_OR_NULL(DT_ALIAS(watchdog0));
#else
	return NULL;
#endif
}
