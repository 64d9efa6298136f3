/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the zephyr crate needs of C, besides the main() that a Rust application has.
 */

#include <stddef.h>

#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include <wamr_zephyr.h>

/* The same as in wamr-zephyr/c-api/src/host.rs. */
BUILD_ASSERT(offsetof(struct wamr_zephyr_host_function, function) == 3 * sizeof(void *));
BUILD_ASSERT(sizeof(struct wamr_zephyr_host_function) == 4 * sizeof(void *));
BUILD_ASSERT(offsetof(struct wamr_zephyr_host_group, resource_count) == 2 * sizeof(void *));
BUILD_ASSERT(offsetof(struct wamr_zephyr_host_group, unloaded) == 3 * sizeof(void *));
BUILD_ASSERT(sizeof(struct wamr_zephyr_host_group) == 4 * sizeof(void *));
/* And in callbacks.rs. */
BUILD_ASSERT(offsetof(struct wamr_zephyr_receipt, slot) == 4);
BUILD_ASSERT(offsetof(struct wamr_zephyr_receipt, result_types) == 8);
BUILD_ASSERT(offsetof(struct wamr_zephyr_receipt, fuel) == 8 + 4 * sizeof(void *));
BUILD_ASSERT(sizeof(struct wamr_zephyr_receipt) == 32 + 4 * sizeof(void *));
BUILD_ASSERT(offsetof(struct wamr_zephyr_event, slot) == 4);
BUILD_ASSERT(sizeof(struct wamr_zephyr_event) == 8);

#if defined(CONFIG_LOG) && !defined(CONFIG_LOG_MODE_MINIMAL)
LOG_MODULE_REGISTER(rust, CONFIG_WAMR_ZEPHYR_LOG_LEVEL);

void rust_log_message(uint32_t level, const char *text)
{
	switch (level) {
	case LOG_LEVEL_ERR:
		LOG_ERR("%s", text);
		break;
	case LOG_LEVEL_WRN:
		LOG_WRN("%s", text);
		break;
	case LOG_LEVEL_INF:
		LOG_INF("%s", text);
		break;
	default:
		LOG_DBG("%s", text);
	}
}
#endif

/* A macro, on most architectures. */
void rust_panic_wrap(void)
{
	k_panic();
}
