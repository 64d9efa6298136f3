/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Zephyr's random numbers for cryptography. wamr-zephyr/src/host/rng.rs repeats this declaration.
 */

#include <zephyr/random/random.h>

int wamr_rng_fill(void *bytes, size_t length)
{
	return sys_csrand_get(bytes, length);
}
