/* SPDX-License-Identifier: Apache-2.0
 *
 * What the interpreter uses of wamr-sys/src/meter.rs and host.rs, see interpreter.cmake.
 */

#ifndef WAMR_SYS_H
#define WAMR_SYS_H

#include <stdbool.h>
#include <stdint.h>

/* Pays for the instructions that come next. Gives how many more the loop may execute; -1, with an exception set in the instance, when
   it must end. */
extern int wamr_sys_draw(void *instance, int owed);
/* The same for native code, which looks at the clock after more instructions. */
extern int wamr_sys_draw_native(void *instance, int owed);
/* Pays for what native code has executed. False, with an exception set in the instance, if the fuel does not suffice. */
extern bool wamr_sys_settle(void *instance, int owed);
/* Takes back what was drawn and not executed. */
extern void wamr_sys_give_back(int instructions);
/* What was drawn and not executed while a host function runs. */
extern int wamr_sys_lent;

/* Indices of the functions that ran when a call trapped, the innermost first. */
#define WAMR_SYS_TRACE_MAX 8
extern uint32_t wamr_sys_trace[WAMR_SYS_TRACE_MAX];
extern uint32_t wamr_sys_trace_len;

/* What work on many bytes costs besides its one instruction: 1 for this many. */
#define WAMR_SYS_BYTES_PER_INSTRUCTION 64

/* The native pointer of every import whose attachment is a `HostFunction`. */
extern const uint8_t wamr_sys_host_function;

struct WASMExecEnv;
struct wamr_sys_host_function {
    /* False with an exception set. */
    bool (*call)(struct WASMExecEnv *exec_env, uint32_t *cells, void *closure, void *custom_data);
    void *closure;
};

static inline void
wamr_sys_loop_returns(int *left)
{
    if (*left > 0)
        wamr_sys_give_back(*left);
    *left = 0;
}

/* Pays for work on many bytes. Gives what is left as `wamr_sys_draw` does. */
static inline int
wamr_sys_charge(void *instance, int left, uint32_t bytes)
{
    left -= (int)(bytes / WAMR_SYS_BYTES_PER_INSTRUCTION);
    return left < 0 ? wamr_sys_draw(instance, -left) : left;
}

#endif
