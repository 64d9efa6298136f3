/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Slots in QSPI flash of an nRF5340. While the chip erases or writes, the CPU gets wrong bytes from it or stops, so who reads
 * and who changes the flash take turns. Declared again in wamr-zephyr/src/slot.rs.
 */

#include "slot.h"

#include <hal/nrf_cache.h>
#include <zephyr/drivers/flash/nrf_qspi_nor.h>
#include <zephyr/kernel.h>
#include <zephyr/pm/device_runtime.h>

#ifndef NRF_CACHE
#error "Slots in QSPI flash need a secure build: only that can tell the CPU's cache that flash has changed"
#endif

static K_MUTEX_DEFINE(turn);

void wamr_slot_map(const struct device *flash)
{
	/* For good: a controller that was turned off after such reads may hang the CPU at the next. */
	(void)pm_device_runtime_get(flash);
	nrf_qspi_nor_xip_enable(flash, true);
}

void wamr_slot_lock(void)
{
	k_mutex_lock(&turn, K_FOREVER);
	/* It holds bytes of this flash, too, and does not see the controller change them. */
	nrf_cache_invalidate(NRF_CACHE);
}

void wamr_slot_unlock(void)
{
	k_mutex_unlock(&turn);
}
