/*
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef WAMR_ZEPHYR_SLOT_H_
#define WAMR_ZEPHYR_SLOT_H_

#include <zephyr/device.h>

/* Makes this QSPI flash readable by the CPU, permanently. */
void wamr_slot_map(const struct device *flash);

#endif
