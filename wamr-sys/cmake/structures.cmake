# SPDX-License-Identifier: Apache-2.0
#
# Structures that each app has in the pool, without the parts that this build of WAMR never uses or has twice.
#
# Native code finds fields of an instance by their offsets, so a runtime that executes some keeps WAMR's.
#
# Included by wamr.cmake.

# A heap belongs to one thread, see src/heap.rs.
set(heaps ${WAMR_RUNTIME_LIB_SOURCE})
list(FILTER heaps INCLUDE REGEX "/ems_[a-z]+\\.c$")
include_before("${heaps}" ${CMAKE_CURRENT_LIST_DIR}/unlocked.h)

# An export is found in the module. WAMR makes a sorted table of them for each instance.
begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("        || (module_inst->export_func_count > 0
            && !(module_inst->export_functions = " "        || (false
            && !(module_inst->export_functions = ")
edit("    WASMExportFuncInstance key = { .name = (char *)name };
    WASMExportFuncInstance *export_func_inst;

    if (!module_inst->export_functions)
        return NULL;

    export_func_inst = bsearch(
        &key, module_inst->export_functions, module_inst->export_func_count,
        sizeof(WASMExportFuncInstance), cmp_export_func_inst);

    if (!export_func_inst)
        return NULL;

    return export_func_inst->function;" "    const WASMExport *export = module_inst->module->exports;
    const WASMExport *end = export + module_inst->module->export_count;

    for (; export < end; export++)
        if (export->kind == EXPORT_KIND_FUNC && !strcmp(export->name, name))
            return module_inst->e->functions + export->index;
    return NULL;")
end_edits()

# An instance is one block of the pool. WAMR allocates each of its arrays by itself, some of one pointer.
begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("static void
memories_deinstantiate(" "enum wamr_sys_array { GLOBALS, MEMORIES, TABLES, IMPORTS, FUNCTIONS, END };

/* The offset of an array behind `WASMModuleInstanceExtra`. The values of globals need an alignment of 8. */
static uint64
wamr_sys_array_offset(const WASMModule *module, enum wamr_sys_array array)
{
    uint64 offset = (sizeof(WASMModuleInstanceExtra) + 7) & ~7ULL;

    switch (array) {
        case END:
            offset += sizeof(WASMFunctionInstance) * ((uint64)module->import_function_count + module->function_count);
            /* fall through */
        case FUNCTIONS:
            offset += sizeof(void *) * (uint64)module->import_function_count;
            /* fall through */
        case IMPORTS:
            offset += sizeof(void *) * ((uint64)module->import_table_count + module->table_count);
            /* fall through */
        case TABLES:
            offset += sizeof(void *) * ((uint64)module->import_memory_count + module->memory_count);
            /* fall through */
        case MEMORIES:
            offset += sizeof(WASMGlobalInstance) * ((uint64)module->import_global_count + module->global_count);
            /* fall through */
        case GLOBALS:
            break;
    }
    return offset;
}

static void *
wamr_sys_array(WASMModuleInstance *module_inst, enum wamr_sys_array array, uint64 size)
{
    uint64 offset = wamr_sys_array_offset(module_inst->module, array);

    bh_assert(offset + size == wamr_sys_array_offset(module_inst->module, array + 1));
    (void)size;
    return (uint8 *)module_inst->e + offset;
}

static void
memories_deinstantiate(")
edit("    total_size += sizeof(WASMModuleInstanceExtra);" "    total_size += wamr_sys_array_offset(module, END);")
foreach(array globals memories tables functions)
  string(TOUPPER ${array} name)
  edit("(${array} = runtime_malloc(total_size, error_buf, error_buf_size))"
    "(${array} = wamr_sys_array(module_inst, ${name}, total_size))")
endforeach()
edit("                 runtime_malloc(total_size, error_buf, error_buf_size))) {
        wasm_runtime_free(functions);" "                 wamr_sys_array(module_inst, IMPORTS, total_size))) {")
edit("        }
        wasm_runtime_free(memories);" "        }")
edit("functions_deinstantiate(WASMFunctionInstance *functions)
{
    if (functions) {
        wasm_runtime_free(functions);
    }" "functions_deinstantiate(WASMFunctionInstance *functions)
{
    (void)functions;")
edit("globals_deinstantiate(WASMGlobalInstance *globals)
{
    if (globals)
        wasm_runtime_free(globals);" "globals_deinstantiate(WASMGlobalInstance *globals)
{
    (void)globals;")
edit("    if (module_inst->tables) {
        wasm_runtime_free(module_inst->tables);
    }
" "    (void)module_inst;
")
edit("    if (module_inst->import_func_ptrs) {
        wasm_runtime_free(module_inst->import_func_ptrs);
    }
" "")
edit("fail:
    wasm_runtime_free(globals);" "fail:")
end_edits()

if(WAMR_SYS_NATIVE)
  return()
endif()

# There are no values of SIMD, which are twice as large as others.
begin_header_edits(core/iwasm/interpreter/wasm.h)
edit("    V128 v128;
" "")
end_header_edits()

begin_header_edits(core/iwasm/interpreter/wasm_runtime.h)

# The text of an exception, of which there is one at a time: the host takes it before it does anything else with an instance.
edit("    char cur_exception[EXCEPTION_BUF_LEN];" "    struct wamr_sys_exception *exception;
#define cur_exception exception->text")
edit("struct WASMModuleInstance {" "struct wamr_sys_exception {
    char text[EXCEPTION_BUF_LEN];
};
/* Without one, only the first character is looked at. */
#define WAMR_SYS_NO_EXCEPTION ((struct wamr_sys_exception *)\"\")

struct WASMModuleInstance {")

# Only compilers use these.
foreach(pointer "void **, func_ptrs" "uint32 *, func_type_indexes" "void **, fast_jit_func_ptrs"
    "struct AOTFuncPerfProfInfo *, func_perf_profilings")
  edit("    DefPointer(${pointer});
" "")
endforeach()
edit("    uint32 reserved[7];
" "")

# Only modules that are linked to others have tables of what they export besides functions.
foreach(kind global memory table)
  edit("    uint32 export_${kind}_count;
" "")
endforeach()
foreach(kind Glob Mem Tab)
  string(REGEX MATCH "DefPointer\\(WASMExport${kind}Instance \\*, [a-z_]+\\);" field "${text}")
  edit("    ${field}
" "")
endforeach()
edit("    DefPointer(korp_mutex *, memory_lock);
" "")

# The fast interpreter finds locals by their offsets. Where it does not, the function of the module has the types.
if(WAMR_BUILD_FAST_INTERP)
  edit("    /* local variable count, 0 for import function */
    uint16 local_count;
" "")
  edit("    uint16 *local_offsets;
    /* parameter types */" "    /* parameter types */")
  edit("    /* local types, NULL for import function */
    uint8 *local_types;
" "")
endif()
end_header_edits()

begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("    (void)module_inst->export_memories;
" "")
edit("    module_inst->module = module;
    module_inst->e =" "    module_inst->module = module;
    module_inst->exception = WAMR_SYS_NO_EXCEPTION;
    module_inst->e =")
if(WAMR_BUILD_FAST_INTERP)
  edit("        function->local_count = 0;
        function->local_types = NULL;
" "")
  edit("        function->local_count = (uint16)function->u.func->local_count;
" "")
  edit("        function->local_types = function->u.func->local_types;

        function->local_offsets = function->u.func->local_offsets;
" "")
endif()
end_edits()

begin_edits(core/iwasm/common/wasm_runtime_common.c)
edit("static void
wasm_set_exception_local(" "static struct wamr_sys_exception wamr_sys_exception;

static void
wasm_set_exception_local(")
edit("        snprintf(module_inst->cur_exception," "        module_inst->exception = &wamr_sys_exception;
        snprintf(module_inst->cur_exception,")
edit("        module_inst->cur_exception[0] = '\\0';" "        module_inst->exception = WAMR_SYS_NO_EXCEPTION;")
end_edits()

begin_edits(core/iwasm/common/wasm_exec_env.c)
edit("    char cur_exception[EXCEPTION_BUF_LEN];

" "")
edit("        bh_memcpy_s(cur_exception, sizeof(cur_exception),
                    old_module_inst->cur_exception,
                    sizeof(old_module_inst->cur_exception));
    }
    else {
        cur_exception[0] = '\\0';
    }" "        module_inst->exception = old_module_inst->exception;
    }")
edit("    if (cur_exception[0] != '\\0') {
        exception_lock(module_inst);
        bh_memcpy_s(module_inst->cur_exception,
                    sizeof(module_inst->cur_exception), cur_exception,
                    sizeof(cur_exception));
        exception_unlock(module_inst);
    }
" "")
end_edits()
