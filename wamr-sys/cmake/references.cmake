# SPDX-License-Identifier: Apache-2.0
#
# References between host and guest.
#
# An externref passes as the number it is in the guest. WAMR maps each to a pointer of the host: its table takes memory for
# every new one until the instance goes, and is searched from end to end. Host functions get cells as they are, see
# interpreter.cmake.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/common/wasm_runtime_common.c)

# Calls of the guest: parameters and results as they are.
set(with_references "#if WASM_ENABLE_GC == 0 && WASM_ENABLE_REF_TYPES != 0\n")
foreach(what "/* (uintptr_t)externref -> (uint32)index */" "    uint32 result_argc = 0;"
    "    if (!wasm_runtime_prepare_call_function(" "    if (!wasm_runtime_finalize_call_function(")
  edit("${with_references}${what}" "#if 0\n${what}")
endforeach()

# Nobody fills that table then: 0.7 KB.
if(WAMR_SYS_HOST_FUNCTIONS_ONLY)
  edit("    if (!wasm_externref_map_init()) {" "    if (false) {")
  edit("wasm_runtime_destroy_internal(void)
{
${with_references}    wasm_externref_map_destroy();" "wasm_runtime_destroy_internal(void)
{
#if 0")
endif()

end_edits()

# A null in an active element segment stays one. WAMR writes 0: the first function of the module, or a handle of the host.
begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("                case INIT_EXPR_TYPE_REFNULL_CONST:
                    ref = NULL;
                    break;
                case INIT_EXPR_TYPE_FUNCREF_CONST:" "                case INIT_EXPR_TYPE_REFNULL_CONST:
                case INIT_EXPR_TYPE_FUNCREF_CONST:")
if(WAMR_SYS_HOST_FUNCTIONS_ONLY)
  edit("    wasm_externref_cleanup(" "    if (false)
        wasm_externref_cleanup(")
endif()
end_edits()
