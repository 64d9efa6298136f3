/*
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief WebAssembly apps in an application written in C.
 *
 * Set CONFIG_WAMR_ZEPHYR_C_API and call wamr_zephyr_start(). The structures are declared again in wamr-zephyr/c-api/src.
 */

#ifndef WAMR_ZEPHYR_H_
#define WAMR_ZEPHYR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/sys/iterable_sections.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup wamr_zephyr WebAssembly apps
 * @{
 */

/**
 * @brief Start the device: it runs the installed apps, and clients upload apps over the transports of the build.
 *
 * Returns at once; the device has a thread of its own, with a stack of CONFIG_WAMR_ZEPHYR_C_API_STACK_SIZE bytes and the priority of the
 * main thread, but at least 9: more urgent than apps. It then calls the callbacks of @ref WAMR_ZEPHYR_CALLBACKS_DEFINE. If a later step of the start fails, such as
 * Bluetooth's, it reports @ref WAMR_ZEPHYR_EVENT_FAILED.
 *
 * @retval 0 The device starts.
 * @retval -EALREADY It was started before.
 * @retval -ENODEV The flash of the partition wamr,slots is not ready.
 * @retval -EINVAL A host function has a malformed signature, or its group is not defined; the console shows its name.
 */
int wamr_zephyr_start(void);

/**
 * @name Host functions
 * @{
 */

/** @brief A value that passes between an app and a host function. The signature of the function says which member holds it. */
union wamr_zephyr_value {
	int32_t i32; /**< `i` in a signature */
	int64_t i64; /**< `I` */
	float f32;   /**< `f` */
	double f64;  /**< `F` */
};

/** @brief The app that calls a host function. Valid until the function returns, on the thread that called it. */
struct wamr_zephyr_caller;

/**
 * @brief A host function.
 *
 * Runs on the thread that runs apps, which has CONFIG_WAMR_ZEPHYR_THREAD_STACK_SIZE bytes of stack. The app waits. A function that
 * waits longer than the app may run for (CONFIG_WAMR_ZEPHYR_DEADLINE_MS) ends the call with a trap when it returns.
 *
 * @param caller The app.
 * @param args The arguments, as many as the signature has.
 * @param result Set it to the result if the signature has one. It is 0 before.
 *
 * @return 0, or a negative errno, which ends the app's call with a trap.
 */
typedef int (*wamr_zephyr_function_t)(struct wamr_zephyr_caller *caller, const union wamr_zephyr_value *args,
				      union wamr_zephyr_value *result);

/** @cond INTERNAL_HIDDEN */
struct wamr_zephyr_host_function {
	const char *group;
	const char *name;
	const char *signature;
	wamr_zephyr_function_t function;
};

struct wamr_zephyr_host_group {
	const char *name;
	const char *const *resources;
	size_t resource_count;
	void (*unloaded)(uint8_t slot);
};
/** @endcond */

/**
 * @brief Define a group of host functions. An app reaches it if its manifest lists a capability of this name, or no capabilities at all.
 *
 * A manifest can also list single resources of the group, such as `led:red`. The functions of the group check them with
 * @ref wamr_zephyr_require.
 *
 * @code{.c}
 * enum { RED, GREEN };
 * WAMR_ZEPHYR_HOST_GROUP(led, led_unloaded, "red", "green");
 * @endcode
 *
 * @param _name Name of the group, a C identifier other than `wamr`. Apps import from the module of this name.
 * @param _unloaded Called on the thread that runs apps when any app is unloaded, also one that could not be started, to free what it
 *                  holds: `void unloaded(uint8_t slot)`, or NULL.
 * @param ... Names of the resources, up to 32 string literals. The position is the number of the resource.
 */
#define WAMR_ZEPHYR_HOST_GROUP(_name, _unloaded, ...)								       \
	static const char *const _CONCAT(wamr_zephyr_resources_, _name)[] = {__VA_ARGS__};			       \
	BUILD_ASSERT(ARRAY_SIZE(_CONCAT(wamr_zephyr_resources_, _name)) <= 32, "a host group has up to 32 resources"); \
	const STRUCT_SECTION_ITERABLE(wamr_zephyr_host_group, _CONCAT(wamr_zephyr_host_group_, _name)) = {	       \
		.name = STRINGIFY(_name),									       \
		.resources = _CONCAT(wamr_zephyr_resources_, _name),						       \
		.resource_count = ARRAY_SIZE(_CONCAT(wamr_zephyr_resources_, _name)),				       \
		.unloaded = _unloaded,										       \
	}

/**
 * @brief Define a host function that apps import as `_group._name`.
 *
 * @param _group Name of a group, defined by @ref WAMR_ZEPHYR_HOST_GROUP in any file.
 * @param _name Name of the function, a C identifier.
 * @param _signature Types of up to 16 parameters in parentheses, then the type of the result if there is one: `"(ii)I"` takes two
 *                   `i32` and returns an `i64`.
 * @param _function The @ref wamr_zephyr_function_t.
 */
#define WAMR_ZEPHYR_HOST_FUNCTION(_group, _name, _signature, _function)                                                \
	const STRUCT_SECTION_ITERABLE(wamr_zephyr_host_function,                                                       \
				      _CONCAT(_CONCAT(wamr_zephyr_host_function_, _group), _CONCAT(_, _name))) = {     \
		.group = STRINGIFY(_group),                                                                            \
		.name = STRINGIFY(_name),                                                                              \
		.signature = _signature,                                                                               \
		.function = _function,                                                                                 \
	}

/**
 * @brief Get a range of the app's linear memory.
 *
 * @param caller The app.
 * @param offset The first byte, as the app passed it.
 * @param length Number of bytes.
 *
 * @return The bytes, valid until the host function returns; NULL if they are not all inside the memory. The call then ends with a trap,
 *         whatever the host function returns.
 */
uint8_t *wamr_zephyr_memory(struct wamr_zephyr_caller *caller, uint32_t offset, uint32_t length);

/**
 * @brief Check that the manifest of the app grants it a resource of the group that the called function belongs to.
 *
 * @code{.c}
 * int err = wamr_zephyr_require(caller, led);
 *
 * if (err) {
 *	return err;
 * }
 * @endcode
 *
 * @param caller The app.
 * @param resource Number of the resource, from 0, as the app passed it.
 *
 * @retval 0 The app may use the resource, which exists.
 * @retval -EACCES The manifest grants the app only others, or the group has no such resource. The call then ends with a trap that names
 *                 the resource, whatever the host function returns.
 */
int wamr_zephyr_require(struct wamr_zephyr_caller *caller, uint32_t resource);

/** @brief Get the slot of the app, which stays the same until the app is unloaded. */
uint8_t wamr_zephyr_caller_slot(const struct wamr_zephyr_caller *caller);

/**
 * @brief Copy the name of the app, which its author chose.
 *
 * @param caller The app.
 * @param buf Receives the name, shortened if necessary, and a NUL. Empty for an app without a manifest.
 * @param size Size of @p buf in bytes.
 *
 * @return Length of the whole name in bytes.
 */
size_t wamr_zephyr_caller_name(const struct wamr_zephyr_caller *caller, char *buf, size_t size);

/**
 * @brief Say why the app's call ends with a trap. The receipt carries the text.
 *
 * @param caller The app.
 * @param text Up to about 120 bytes of UTF-8; it is copied.
 *
 * @return -ECANCELED, for the host function to return: `return wamr_zephyr_trap(caller, "no such channel");`
 */
int wamr_zephyr_trap(struct wamr_zephyr_caller *caller, const char *text);

/** @} */

/**
 * @name Receipts and events
 * @{
 */

/** @brief How a call ended. */
enum wamr_zephyr_outcome {
	WAMR_ZEPHYR_RETURNED, /**< The function returned. */
	WAMR_ZEPHYR_TRAPPED,  /**< It trapped; `message` says why. */
	WAMR_ZEPHYR_STOPPED,  /**< It exceeded a limit, or was stopped. */
};

/** @brief What a call leaves behind, see docs/limits.md. */
struct wamr_zephyr_receipt {
	int32_t outcome;                       /**< How the call ended: @ref wamr_zephyr_outcome. */
	uint8_t slot;                          /**< The app's. */
	bool supervised;                       /**< Whether the device called the app's entry, and not a client. */
	uint8_t result_count;                  /**< Number of results; 0 unless it returned. */
	const char *result_types;              /**< Types of the results, letters as in a signature; not terminated. */
	const union wamr_zephyr_value *results; /**< The results. */
	const char *message;                   /**< Why it trapped, in UTF-8, not terminated. */
	size_t message_length;                 /**< Length of `message` in bytes; 0 unless it trapped. */
	uint64_t fuel;                         /**< Instructions executed. */
	uint64_t micros;                       /**< Duration in microseconds. */
	uint32_t memory;                       /**< Linear memory in bytes. */
	uint32_t host_calls;                   /**< Calls of host functions. */
};

/** @brief Something that happened on the device. */
enum wamr_zephyr_event_type {
	WAMR_ZEPHYR_EVENT_LOADED,      /**< An app was loaded: `slot`. */
	WAMR_ZEPHYR_EVENT_LOAD_FAILED, /**< An app could not be loaded, after an upload or a restart. */
	WAMR_ZEPHYR_EVENT_UNLOADED,    /**< An app was unloaded: `slot`. */
	WAMR_ZEPHYR_EVENT_FAILED,      /**< The device could not start; the console says why. */
};

/** @brief An event. */
struct wamr_zephyr_event {
	int32_t type; /**< What happened: @ref wamr_zephyr_event_type. */
	uint8_t slot; /**< The slot of the app, if the event is about one. */
};

/**
 * @brief Callbacks. Each may be NULL.
 *
 * They run on the thread that runs apps, so no app runs meanwhile, and must return within CONFIG_WAMR_ZEPHYR_WATCHDOG_MS. Only
 * @ref WAMR_ZEPHYR_EVENT_FAILED may come on the thread of the device instead. What their
 * arguments point to is valid until they return.
 */
struct wamr_zephyr_callbacks {
	/** A call ended. */
	void (*receipt)(const struct wamr_zephyr_receipt *receipt);
	/** Something else happened. */
	void (*event)(const struct wamr_zephyr_event *event);
};

/**
 * @brief Register callbacks, as BT_CONN_CB_DEFINE() does.
 *
 * @code{.c}
 * WAMR_ZEPHYR_CALLBACKS_DEFINE(callbacks) = {
 *	.receipt = on_receipt,
 * };
 * @endcode
 *
 * @param _name Name of the callbacks, a C identifier.
 */
#define WAMR_ZEPHYR_CALLBACKS_DEFINE(_name)                                                                            \
	static const STRUCT_SECTION_ITERABLE(wamr_zephyr_callbacks, _CONCAT(wamr_zephyr_callbacks_, _name))

/** @} */
/** @} */

#ifdef __cplusplus
}
#endif

#endif /* WAMR_ZEPHYR_H_ */
