# SPDX-License-Identifier: Apache-2.0
#
# Native code from AOT files: it pays for its instructions as the interpreter does, and calls the functions of wamr-sys/src/host.rs.
#
# WAMR's compiler knows no counting. `wamr-compiler` adds it to the module before: the last global variable is the budget of the code,
# and the last import is called when that is exceeded. See docs/aot.md.
#
# Included by wamr.cmake.

set_property(SOURCE ${WAMR_ROOT_DIR}/core/iwasm/aot/aot_runtime.c
  APPEND PROPERTY COMPILE_DEFINITIONS wasm_exec_env_create=wamr_sys_exec_env_create)
begin_edits(core/iwasm/aot/aot_runtime.c)

if(NOT WAMR_SYS_HOST_FUNCTIONS_ONLY)
  set(WAMR_SYS_HOST_FUNCTIONS_ONLY 0)
endif()

# As in app_heap.cmake.
edit("    heap_size = align_uint(heap_size, 8);" "    heap_size = 0;")
edit("            if (memory_inst->heap_handle) {" "            if (false) {")

# The budget is lent while a host function runs, and given back when the code returns.
edit("bool
aot_call_function(WASMExecEnv *exec_env, AOTFunctionInstance *function,
                  unsigned argc, uint32 argv[])
{" "#include \"${CMAKE_CURRENT_LIST_DIR}/wamr_sys.h\"

/* What this processor has beyond its architecture: see `Processor` in wamr-compiler. */
const uint32 wamr_sys_processor =
#ifdef __ARM_FEATURE_DSP
    1;
#else
    0;
#endif

static int *
budget_of(AOTModuleInstance *module_inst)
{
    return (int *)(module_inst->global_data + module_inst->global_data_size) - 1;
}

/* Whether the import is that of the counting. */
static bool
is_more(AOTModule *module, uint32 func_idx)
{
    return func_idx + 1 == module->import_func_count;
}

static bool
more(AOTModuleInstance *module_inst, uint32 *argv)
{
    int left = wamr_sys_draw_native(module_inst, (int)argv[0]);
    if (left < 0)
        *budget_of(module_inst) = 0;
    argv[0] = (uint32)left;
    return left >= 0;
}

/* The code only asks for more when it branches back or calls. In between it may have exceeded its budget. */
static bool
settle(AOTModuleInstance *module_inst)
{
    int *budget = budget_of(module_inst);
    int left = *budget;
    if (left >= 0)
        return true;
    *budget = 0;
    return wamr_sys_settle(module_inst, -left);
}

static bool
call_host(WASMExecEnv *exec_env, AOTModuleInstance *module_inst, const struct wamr_sys_host_function *host, uint32 *argv)
{
    int *budget = budget_of(module_inst);
    bool ret;
    if (!settle(module_inst))
        return false;
    wamr_sys_lent = *budget;
    ret = host->call(exec_env, argv, host->closure, module_inst->custom_data);
    *budget = wamr_sys_lent;
    wamr_sys_lent = 0;
    return ret;
}

static bool
call_function(WASMExecEnv *exec_env, AOTFunctionInstance *function, unsigned argc, uint32 argv[]);

bool
aot_call_function(WASMExecEnv *exec_env, AOTFunctionInstance *function,
                  unsigned argc, uint32 argv[])
{
    int *budget = budget_of((AOTModuleInstance *)exec_env->module_inst);
    uint32 cells[2];
    bool ret;
    *budget = 0;
    /* WAMR runs functions without parameters and results when it instantiates a module. A host function always gets cells. */
    if (!argv)
        argv = cells;
    if (function->is_import_func)
        ret = aot_invoke_native(exec_env, function->func_index, argc, argv);
    else
        ret = call_function(exec_env, function, argc, argv);
    /* Without enough fuel, a call that returned or trapped would have been stopped before. */
    if (!settle((AOTModuleInstance *)exec_env->module_inst))
        ret = false;
    if (*budget > 0)
        wamr_sys_give_back(*budget);
    *budget = 0;
    return ret;
}

/* The way into the guest for wamr_sys_call in interpreter.cmake. */
bool
wamr_sys_call_native(WASMExecEnv *exec_env, AOTFunctionInstance *function, uint32 *argv)
{
    AOTFuncType *type = function->is_import_func ? function->u.func_import->func_type : function->u.func.func_type;
    return aot_call_function(exec_env, function, type->param_cell_num, argv);
}

#if WASM_ENABLE_INTERP == 0
/* The way into the guest for wamr-sys/src/call.rs, as in interpreter.cmake. */
int
wamr_sys_call(WASMExecEnv *exec_env, AOTFunctionInstance *function, uint32 *argv)
{
    return wamr_sys_call_native(exec_env, function, argv);
}
#endif

static bool
call_function(WASMExecEnv *exec_env, AOTFunctionInstance *function,
                  unsigned argc, uint32 argv[])
{")

edit("    import_func = aot_module->import_funcs + func_idx;
    if (import_func->call_conv_wasm_c_api)
        func_ptr =" "    import_func = aot_module->import_funcs + func_idx;
    if (is_more(aot_module, func_idx))
        return more(module_inst, argv);
    if (func_ptr == (void *)&wamr_sys_host_function)
        return call_host(exec_env, module_inst, import_func->attachment, argv);
    if (import_func->call_conv_wasm_c_api)
        func_ptr =")
edit("        signature = import_func->signature;
        attachment = import_func->attachment;
        if (import_func->call_conv_raw) {" "        signature = import_func->signature;
        attachment = import_func->attachment;
        if (func_ptr == (void *)&wamr_sys_host_function)
            return call_host(exec_env, module_inst, attachment, argv);
        if (!${WAMR_SYS_HOST_FUNCTIONS_ONLY} && import_func->call_conv_raw) {")
# Nobody links the import of the counting.
edit("            LOG_WARNING(\"warning: failed to link import function (%s, %s)\"," "            if (false) LOG_WARNING(\"warning: failed to link import function (%s, %s)\",")

# Where all host functions are those of wamr-sys/src/host.rs, code that calls others is left out.
insert_before("    if (!func_ptr) {
        snprintf(buf, sizeof(buf),
                 \"failed to call unlinked import function (%s, %s)\",
                 import_func->module_name, import_func->func_name);
        aot_set_exception(module_inst, buf);
        goto fail;
    }

    attachment = import_func->attachment;
    if (import_func->call_conv_wasm_c_api) {" "    if (${WAMR_SYS_HOST_FUNCTIONS_ONLY}) {
        aot_set_exception(module_inst, \"a host function of another kind\");
        return false;
    }

")

# The code of other functions is called as the host calls it, not by a copy of that.
insert_before("    ext_ret_count =
        func_type->result_count > 1 ? func_type->result_count - 1 : 0;
    if (ext_ret_count > 0) {" "    if (${WAMR_SYS_HOST_FUNCTIONS_ONLY}) {
        AOTFunctionInstance function = { .func_index = func_idx, .u.func = { func_type, func_ptr } };
        return call_function(exec_env, &function, argc, argv);
    }

")

# As in start.cmake.
edit("    if (!module->start_function && !initialize_func && !post_inst_func" "    initialize_func = lookup_post_instantiate_func(module_inst, \"_initialize\");
    if (initialize_func || (call_ctors_func && module->start_function && call_ctors_func->func_index == module->start_func_index))
        call_ctors_func = NULL;
    if (initialize_func && module->start_function && initialize_func->func_index == module->start_func_index)
        initialize_func = NULL;
    if (!module->start_function && !initialize_func && !post_inst_func")
edit("    func_type = func->u.func.func_type;
    if (!(func_type->param_count == 0 && func_type->result_count == 0))
        /* Not a valid function type, ignore it */" "    func_type = func->is_import_func ? func->u.func_import->func_type : func->u.func.func_type;
    if (!(func_type->param_count == 0 && func_type->result_count == 0))
        /* Not a valid function type, ignore it */")

# As in references.cmake: a null in an active element segment stays one.
edit("            tbl_inst->elems[base_offset + j] =
                table_seg->init_values[j].u.unary.v.ref_index;" "            if (table_seg->init_values[j].init_expr_type == INIT_EXPR_TYPE_REFNULL_CONST)
                tbl_inst->elems[base_offset + j] = (table_elem_type_t)-1;
            else
                tbl_inst->elems[base_offset + j] = table_seg->init_values[j].u.unary.v.ref_index;")

end_edits()

# As in app_heap.cmake.
begin_edits(core/iwasm/aot/aot_loader.c)
edit("        if (exports[i].kind == EXPORT_KIND_FUNC
            && exports[i].index >= module->import_func_count) {" "        if (false) {")
end_edits()
