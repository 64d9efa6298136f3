/* SPDX-License-Identifier: Apache-2.0
 *
 * Included before WAMR's allocator: a heap that one thread uses needs no lock.
 */

#include "bh_platform.h"

#define korp_mutex \
    struct         \
    {              \
    }
#define os_mutex_init(lock) BHT_OK
#define os_mutex_destroy(lock) ((void)0)
#define os_mutex_lock(lock) ((void)0)
#define os_mutex_unlock(lock) ((void)0)
