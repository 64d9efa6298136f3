# SPDX-License-Identifier: Apache-2.0
#
# Functions that run when a module is instantiated.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_runtime.c)

# WAMR calls `_initialize` of a reactor only when it is built with WASI. As WASI's application ABI demands, it runs once and before
# every other export: not when it is the start function, which has run, and in place of the constructors, which it calls itself.
edit("    if (!start_func && !initialize_func && !post_inst_func" "    initialize_func = lookup_post_instantiate_func(module_inst, \"_initialize\");
    if (initialize_func || call_ctors_func == start_func)
        call_ctors_func = NULL;
    if (initialize_func == start_func)
        initialize_func = NULL;
    if (!start_func && !initialize_func && !post_inst_func")
edit("#if WASM_ENABLE_LIBC_WASI != 0
    if (initialize_func" "#if 1
    if (initialize_func")

# All of these may be imports. WAMR leaves out such a start function, and takes an import's name for the type of the others.
edit("    func_type = func->u.func->func_type;
    if (!(func_type" "    func_type = func->is_import_func ? func->u.func_import->func_type : func->u.func->func_type;
    if (!(func_type")
edit("        if (module->start_function >= module->import_function_count)" "")

end_edits()
