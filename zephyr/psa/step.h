/*
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef WAMR_ZEPHYR_PSA_STEP_H_
#define WAMR_ZEPHYR_PSA_STEP_H_

#include <psa/crypto.h>
#include <zephyr/kernel.h>

/*
 * Zephyr builds Mbed TLS without locks, and the Bluetooth host uses it on threads that are more urgent than that of apps. Nobody may come
 * between, so this makes one step. With TF-M, the steps are made elsewhere, one at a time.
 */
#define STEP(call)                                                                                                     \
	({                                                                                                             \
		k_sched_lock();                                                                                        \
		psa_status_t step_status = (call);                                                                     \
		k_sched_unlock();                                                                                      \
		step_status;                                                                                           \
	})

/* The most bytes of one step, so that a step is short. */
#define STEP_MAX 256

#endif
