/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reports how much of the stacks of the device's threads was used.
 */

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

/*
 * What has to be left, in bytes: the frame of an exception, which the processor stores on the stack of the thread (104 with
 * floating point), and as much again and more for other versions of the compiler.
 */
#define MARGIN 256

/* Zephyr declares it only in a header of its own. */
extern struct k_thread z_main_thread;

static k_tid_t apps;

/* Called on the thread that runs apps. */
void note_apps_thread(void)
{
	apps = k_current_get();
}

static void report(const char *name, k_tid_t thread)
{
	const size_t size = thread->stack_info.size;
	size_t unused;

	if (k_thread_stack_space_get(thread, &unused) != 0) {
		printk("%s: unknown\n", name);
		return;
	}
	printk("%s: %zu of %zu bytes, %s\n", name, size - unused, size,
	       unused >= MARGIN ? "enough is left" : "TOO LITTLE IS LEFT");
}

void report_stacks(void)
{
	report("apps", apps);
	report("device", &z_main_thread);
}
