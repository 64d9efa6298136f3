/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Slots in QSPI flash of an nRF5340. While the chip erases or writes, the CPU reads wrong bytes or stops. Readers and writers of
 * the flash therefore take turns. wamr-zephyr/src/slot.rs repeats these declarations.
 */

#include "slot.h"

#include <hal/nrf_cache.h>
#include <zephyr/drivers/flash/nrf_qspi_nor.h>
#include <zephyr/kernel.h>
#include <zephyr/pm/device_runtime.h>

#ifndef NRF_CACHE
#error "Slots in QSPI flash need a secure build: only secure code can invalidate the CPU's cache"
#endif

static K_MUTEX_DEFINE(turn);

void wamr_slot_map(const struct device *flash)
{
	/* Never released: if the controller is turned off after such reads, the next one may hang the CPU. */
	(void)pm_device_runtime_get(flash);
	nrf_qspi_nor_xip_enable(flash, true);
}

void wamr_slot_lock(void)
{
	k_mutex_lock(&turn, K_FOREVER);
	/* The cache also holds bytes of this flash, and does not notice when the controller changes them. */
	nrf_cache_invalidate(NRF_CACHE);
}

void wamr_slot_unlock(void)
{
	k_mutex_unlock(&turn);
}
