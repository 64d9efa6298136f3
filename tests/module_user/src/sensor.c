/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Represents the C code of an application: a sensor that counts its readings.
 */

#include <stdint.h>

int32_t sensor_read(int32_t channel)
{
	static int32_t readings;

	return 100 * channel + ++readings;
}
