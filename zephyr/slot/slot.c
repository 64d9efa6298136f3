/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What only devicetree macros can tell about the slot's partition. Declared again in wamr-zephyr/src/slot.rs.
 */

#include <zephyr/device.h>
#include <zephyr/devicetree.h>
#include <zephyr/drivers/flash/flash_simulator.h>
#include <zephyr/storage/flash_map.h>

/* Rust declares the functions of flash_map.h with this size. */
BUILD_ASSERT(sizeof(off_t) == sizeof(void *), "off_t in wamr-zephyr/src/slot.rs");

#define SLOT       DT_NODELABEL(wamr_slot_partition)
#define CONTROLLER DT_MTD_FROM_FIXED_PARTITION(SLOT)

/* The partition, or NULL when its flash device is not ready. */
const struct flash_area *wamr_slot_area(void)
{
	const struct flash_area *area;

	return flash_area_open(DT_FIXED_PARTITION_ID(SLOT), &area) == 0 ? area : NULL;
}

/* Where the CPU reads the partition. */
const uint8_t *wamr_slot_bytes(void)
{
#if DT_NODE_HAS_COMPAT(CONTROLLER, zephyr_sim_flash)
	size_t size;
	const uint8_t *flash = flash_simulator_get_memory(DEVICE_DT_GET(CONTROLLER), &size);

	return flash + DT_REG_ADDR(SLOT);
#elif DT_NODE_HAS_COMPAT(DT_MEM_FROM_FIXED_PARTITION(SLOT), soc_nv_flash)
	return (const uint8_t *)DT_FIXED_PARTITION_ADDR(SLOT);
#else
#error "wamr_slot_partition must lie in memory-mapped flash (soc-nv-flash) or in the flash simulator"
#endif
}
