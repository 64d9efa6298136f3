/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What only devicetree macros can tell about the hardware's watchdog. Declared again in wamr-zephyr/src/watchdog.rs.
 */

#include <zephyr/device.h>
#include <zephyr/devicetree.h>

/* The watchdog behind the task watchdog, or NULL where the board has none. */
const struct device *wamr_watchdog_device(void)
{
#ifdef CONFIG_TASK_WDT_HW_FALLBACK
	return DEVICE_DT_GET_OR_NULL(DT_ALIAS(watchdog0));
#else
	return NULL;
#endif
}
