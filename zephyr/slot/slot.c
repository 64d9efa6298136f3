/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Properties of the slots' partition that need devicetree macros. wamr-zephyr/src/slot.rs repeats these declarations.
 */

#include "slot.h"

#include <zephyr/device.h>
#include <zephyr/devicetree.h>
#include <zephyr/drivers/flash/flash_simulator.h>
#include <zephyr/storage/flash_map.h>

#ifdef CONFIG_SOC_SERIES_BSIM_NRFXX
/* NHW_NVMC.h of nrf_hw_models, which needs headers that only the simulator's own code can include. Despite its name, the function
 * returns the address of a pointer to the flash.
 */
extern void *nrfhw_nmvc_flash_get_base_address(unsigned int inst);
#define APPLICATION_CORE 0
#endif

/* Rust declares the functions of flash_map.h with this size. */
BUILD_ASSERT(sizeof(off_t) == sizeof(void *), "off_t in wamr-zephyr/src/slot.rs");

#define SLOTS      DT_CHOSEN(wamr_slots)
#define CONTROLLER DT_MTD_FROM_FIXED_PARTITION(SLOTS)

/* Returns the partition, or NULL if its flash device is not ready. */
const struct flash_area *wamr_slot_area(void)
{
	const struct flash_area *area;

	if (flash_area_open(DT_FIXED_PARTITION_ID(SLOTS), &area) != 0) {
		return NULL;
	}
#ifdef CONFIG_WAMR_ZEPHYR_SLOT_QSPI
	wamr_slot_map(DEVICE_DT_GET(CONTROLLER));
#endif
	return area;
}

/* Returns the address at which the CPU reads the partition. */
const uint8_t *wamr_slot_bytes(void)
{
#if DT_NODE_HAS_COMPAT(CONTROLLER, zephyr_sim_flash)
	size_t size;
	const uint8_t *flash = flash_simulator_get_memory(DEVICE_DT_GET(CONTROLLER), &size);

	return flash + DT_REG_ADDR(SLOTS);
#elif defined(CONFIG_SOC_SERIES_BSIM_NRFXX)
	return *(uint8_t **)nrfhw_nmvc_flash_get_base_address(APPLICATION_CORE) + DT_REG_ADDR(SLOTS);
#elif DT_NODE_HAS_COMPAT(DT_MEM_FROM_FIXED_PARTITION(SLOTS), soc_nv_flash)
	return (const uint8_t *)DT_FIXED_PARTITION_ADDR(SLOTS);
#elif defined(CONFIG_WAMR_ZEPHYR_SLOT_QSPI)
	return (const uint8_t *)(DT_REG_ADDR_BY_NAME(DT_BUS(CONTROLLER), qspi_mm) + DT_REG_ADDR(SLOTS));
#else
#error "wamr,slots must be in memory-mapped flash: internal flash (soc-nv-flash), the flash simulator, or QSPI flash \
(nordic,qspi-nor) of an nRF5340"
#endif
}
