/* SPDX-License-Identifier: Apache-2.0
 *
 * WAMR's C API, for src/engines/upstream.rs.
 */

#include <stdlib.h>
#include <string.h>

#include <zephyr/sys/util.h>

#include <wasm_export.h>

bool
upstream_init(void)
{
    RuntimeInitArgs arguments = {
        .mem_alloc_type = Alloc_With_Allocator,
        .mem_alloc_option.allocator = { .malloc_func = malloc, .realloc_func = realloc, .free_func = free },
    };
    return wasm_runtime_full_init(&arguments);
}

wasm_module_t
upstream_load(const uint8_t *bytes, uint32_t length)
{
    char error[64];
#if !defined(CONFIG_WAMR_FAST_INTERP) && defined(CONFIG_WAMR_INTERP)
    /* The classic interpreter writes to the module. */
    uint8_t *copy = malloc(length);
    if (!copy)
        return NULL;
    bytes = memcpy(copy, bytes, length);
#endif
    LoadArgs arguments = { .name = "", .wasm_binary_freeable = IS_ENABLED(CONFIG_WAMR_FAST_INTERP) };
    return wasm_runtime_load_ex((uint8_t *)bytes, length, &arguments, error, sizeof(error));
}

wasm_module_inst_t
upstream_instantiate(wasm_module_t module, uint32_t stack)
{
    char error[64];
    return wasm_runtime_instantiate(module, stack, 0, error, sizeof(error));
}

wasm_exec_env_t
upstream_thread(wasm_module_inst_t instance, uint32_t stack)
{
    return wasm_runtime_create_exec_env(instance, stack);
}

wasm_function_inst_t
upstream_find(wasm_module_inst_t instance, const char *name)
{
    return wasm_runtime_lookup_function(instance, name);
}

bool
upstream_call(wasm_exec_env_t thread, wasm_function_inst_t function, uint32_t *argument)
{
    return wasm_runtime_call_wasm(thread, function, 1, argument);
}

void
upstream_end(wasm_module_t module, wasm_module_inst_t instance, wasm_exec_env_t thread)
{
    if (thread)
        wasm_runtime_destroy_exec_env(thread);
    if (instance)
        wasm_runtime_deinstantiate(instance);
    wasm_runtime_unload(module);
}
