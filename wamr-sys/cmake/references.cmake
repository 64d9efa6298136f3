# SPDX-License-Identifier: Apache-2.0
#
# References between host and guest.
#
# An externref passes as the number it is in the guest. WAMR maps each to a pointer of the host: its table takes memory for
# every new one until the instance goes, is searched from end to end, and gives raw host functions the next parameter instead
# of the pointer.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/common/wasm_runtime_common.c)

# Calls of the guest: parameters and results as they are.
set(with_references "#if WASM_ENABLE_GC == 0 && WASM_ENABLE_REF_TYPES != 0\n")
foreach(what "/* (uintptr_t)externref -> (uint32)index */" "    uint32 result_argc = 0;"
    "    if (!wasm_runtime_prepare_call_function(" "    if (!wasm_runtime_finalize_call_function(")
  edit("${with_references}${what}" "#if 0\n${what}")
endforeach()

# Calls of the host.
edit("                uint32 externref_idx = *argv_src++;

                void *externref_obj;

                if (!wasm_externref_ref2obj(externref_idx, &externref_obj))
                    goto fail;

                bh_memcpy_s(argv_dst, sizeof(uintptr_t), argv_src,
                            sizeof(uintptr_t));" "                *(uint32 *)argv_dst = *argv_src++;")
edit("                uint32 externref_idx;
                uint64 externref_obj;

                bh_memcpy_s(&externref_obj, sizeof(uint64), argv1,
                            sizeof(uint64));

                if (!wasm_externref_obj2ref(exec_env->module_inst,
                                            (void *)(uintptr_t)externref_obj,
                                            &externref_idx))
                    goto fail;
                argv_ret[0] = externref_idx;" "                argv_ret[0] = *(uint32 *)argv1;")

end_edits()

# A null in an active element segment stays one. WAMR writes 0: the first function of the module, or a handle of the host.
begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("                case INIT_EXPR_TYPE_REFNULL_CONST:
                    ref = NULL;
                    break;
                case INIT_EXPR_TYPE_FUNCREF_CONST:" "                case INIT_EXPR_TYPE_REFNULL_CONST:
                case INIT_EXPR_TYPE_FUNCREF_CONST:")
end_edits()
