/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the errors of Zephyr's drivers mean. In C, as C libraries have different numbers for them, and Rust's bindings do not know which
 * library native_sim uses. wamr-zephyr/src/host/errno.rs repeats this declaration.
 */

#include <errno.h>
#include <stdint.h>

/* The number of `error` in wit/types.wit for a driver's error, which is negative. */
uint8_t wamr_host_error(int err)
{
	switch (-err) {
	case ENOENT:
		return 0;
	case EBUSY:
		return 1;
	case EINVAL:
		return 2;
	case ENOTSUP:
	case ENOSYS:
		return 3;
	case ENOMEM:
	case ENOSPC:
		return 4;
	case ETIMEDOUT:
	case EAGAIN:
		return 6;
	default:
		return 5;
	}
}
