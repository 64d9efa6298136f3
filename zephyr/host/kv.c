/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The partition of the values that apps store. wamr-zephyr/src/host/kv.rs repeats this declaration.
 */

#include <zephyr/devicetree.h>
#include <zephyr/storage/flash_map.h>

#define VALUES DT_CHOSEN(wamr_kv)

#ifdef CONFIG_WAMR_ZEPHYR_SLOT_QSPI
/* Values are read and written while no turn of the slots' flash is taken. */
BUILD_ASSERT(!DT_SAME_NODE(DT_MTD_FROM_FIXED_PARTITION(VALUES), DT_MTD_FROM_FIXED_PARTITION(DT_CHOSEN(wamr_slots))),
	     "wamr,kv must not be in the QSPI flash of wamr,slots: choose a partition in the internal flash");
#endif

/* Returns the partition, or NULL if its flash device is not ready. */
const struct flash_area *wamr_kv_area(void)
{
	const struct flash_area *area;

	return flash_area_open(DT_FIXED_PARTITION_ID(VALUES), &area) == 0 ? area : NULL;
}
