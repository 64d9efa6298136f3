/* SPDX-License-Identifier: Apache-2.0
 *
 * Included before the interpreter on x86, where what GCC puts in place of these functions keeps a signaling NaN, unless it may use
 * SSE4.1. WebAssembly wants a quiet one, which any arithmetic makes of it.
 */

#include <math.h>

static inline float
wamr_sys_quiet_f32(float x)
{
    return x == x ? x : x + x;
}

static inline double
wamr_sys_quiet_f64(double x)
{
    return x == x ? x : x + x;
}

#define ceil(x) wamr_sys_quiet_f64(ceil(x))
#define floor(x) wamr_sys_quiet_f64(floor(x))
#define rint(x) wamr_sys_quiet_f64(rint(x))
#define trunc(x) wamr_sys_quiet_f64(trunc(x))
#define ceilf(x) wamr_sys_quiet_f32(ceilf(x))
#define floorf(x) wamr_sys_quiet_f32(floorf(x))
#define rintf(x) wamr_sys_quiet_f32(rintf(x))
#define truncf(x) wamr_sys_quiet_f32(truncf(x))
