/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The other side of the emulated pins, the file system, counters of how often the CPU wakes up, and what is left of stacks. board.rs repeats
 * these declarations.
 */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/fs/fs.h>
#include <zephyr/kernel.h>

static const struct device *const port = DEVICE_DT_GET(DT_NODELABEL(test_gpio));

/* How many interrupts a pin has caused. */
static uint32_t interrupts;

static void count(const struct device *dev, struct gpio_callback *callback, gpio_port_pins_t which)
{
	interrupts++;
}

static struct gpio_callback counter;

void board_count_interrupts(uint8_t pin)
{
	gpio_init_callback(&counter, count, BIT(pin));
	gpio_add_callback(port, &counter);
}

uint32_t board_interrupts(void)
{
	return interrupts;
}

/* Sets the level at an input. */
void board_input(uint8_t pin, bool high)
{
	gpio_emul_input_set(port, pin, high);
}

/* The level at an output. */
bool board_output(uint8_t pin)
{
	return gpio_emul_output_get(port, pin) > 0;
}

/* GPIO_INPUT, GPIO_OUTPUT, or neither if the pin is disconnected. */
uint32_t board_direction(uint8_t pin)
{
	gpio_flags_t flags = 0;

	gpio_emul_flags_get(port, pin, &flags);
	return flags & (GPIO_INPUT | GPIO_OUTPUT);
}

FS_FSTAB_DECLARE_ENTRY(DT_NODELABEL(lfs));

/* Mounts the file system again. */
bool board_remount(void)
{
	struct fs_mount_t *mount = &FS_FSTAB_ENTRY(DT_NODELABEL(lfs));

	return fs_unmount(mount) == 0 && fs_mount(mount) == 0;
}

/* How often the CPU has gone to sleep. */
static uint32_t idles;
/* How often the thread of the device has run. */
static uint32_t device_runs;
static k_tid_t device;

void sys_trace_idle_user(void)
{
	idles++;
}

void sys_trace_thread_switched_in_user(void)
{
	device_runs += k_current_get() == device;
}

/* The calling thread is that of the device. */
void board_watch_this_thread(void)
{
	device = k_current_get();
}

static k_tid_t apps;

/* The calling thread is the one that runs apps. */
void board_note_apps_thread(void)
{
	apps = k_current_get();
}

#ifdef CONFIG_INIT_STACKS

/* Reports how much of its stack a thread has used. Returns whether it can take an exception besides, and a little more. */
static bool is_enough(const char *name, k_tid_t thread)
{
	const size_t size = thread->stack_info.size;
	size_t unused;

	if (k_thread_stack_space_get(thread, &unused) != 0) {
		return false;
	}
	printk("the stack of the %s: %zu of %zu bytes\n", name, size - unused, size);
	return unused >= 256;
}

/* Whether the stacks of the device are large enough. */
bool board_stacks_are_enough(void)
{
	return is_enough("device", device) & is_enough("apps", apps);
}

#else

/* The stacks of native_sim are the host's. */
bool board_stacks_are_enough(void)
{
	return true;
}

#endif /* CONFIG_INIT_STACKS */

uint32_t board_idles(void)
{
	return idles;
}

uint32_t board_device_runs(void)
{
	return device_runs;
}
