/* SPDX-License-Identifier: Apache-2.0
 *
 * What Rust needs of Zephyr, the same for every runtime: a heap that knows its peak, the stack, a timer and a console.
 */

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/sys_heap.h>

/* scripts/runtimes does not count this array as RAM of a runtime, only what is used of it. */
char heap_memory[2 * 1024 * 1024] __aligned(8);
static struct sys_heap heap;

/* --- The heap of Rust and of C ------------------------------------------------------------------------------------------ */

void *
aligned_alloc(size_t alignment, size_t size)
{
    return sys_heap_aligned_alloc(&heap, alignment, size);
}

void *
malloc(size_t size)
{
    return aligned_alloc(8, size);
}

void *
calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *block = malloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void *
realloc(void *block, size_t size)
{
    return sys_heap_aligned_realloc(&heap, block, 8, size);
}

void
free(void *block)
{
    sys_heap_free(&heap, block);
}

/* The most that was ever in use, in bytes. */
size_t
board_heap_peak(void)
{
    struct sys_memory_stats stats;
    sys_heap_runtime_stats_get(&heap, &stats);
    return stats.max_allocated_bytes;
}

/* --- The stack, the timer, the console ---------------------------------------------------------------------------------- */

/* The most that the thread has ever used of its stack, in bytes. */
size_t
board_stack_peak(void)
{
    size_t unused = 0;
    k_thread_stack_space_get(k_current_get(), &unused);
    return CONFIG_MAIN_STACK_SIZE - unused;
}

/* The use at this moment. */
size_t
board_stack_now(void)
{
    const struct _thread_stack_info *stack = &k_current_get()->stack_info;
    return stack->start + stack->size - (uintptr_t)__builtin_frame_address(0);
}

uint32_t
board_cycles(void)
{
    return k_cycle_get_32();
}

const uint32_t board_icount_shift = CONFIG_QEMU_ICOUNT_SHIFT;

void
board_print(const char *text, size_t length)
{
    for (; length > 0; length--)
        printk("%c", *text++);
}

void
board_print_number(uint64_t number)
{
    printk("%llu", number);
}

FUNC_NORETURN void
board_panic(void)
{
    k_panic();
    CODE_UNREACHABLE;
}

void measure(void);

int
main(void)
{
    sys_heap_init(&heap, heap_memory, sizeof(heap_memory));
    measure();
    return 0;
}
