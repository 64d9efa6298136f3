/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The output of this program for the tests: the simulated time in microseconds, then NAME=VALUE.
 */

#ifndef CENTRAL_REPORT_H
#define CENTRAL_REPORT_H

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#define report(format, ...) printk("@%llu " format "\n", k_ticks_to_us_near64(k_uptime_ticks()), ##__VA_ARGS__)

#endif
