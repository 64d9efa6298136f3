/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels as native code of GCC, and what modules/app.wat does.
 */

/* Names of WebAssembly exports mean nothing here. */
#pragma GCC diagnostic ignored "-Wattributes"
#pragma GCC diagnostic ignored "-Wunused-function"

#include "../../kernels/kernels.c"

static volatile u8 memory[1024];

int
same(int value)
{
    return value;
}

int
fill(int bytes)
{
    int sum = 0;
    for (int i = 0; i < bytes; i++)
        memory[i] = (u8)i;
    for (int i = 0; i < bytes; i++)
        sum += memory[i];
    return sum;
}
