# SPDX-License-Identifier: Apache-2.0
#
# WAMR can keep a heap inside linear memory, from which the host allocates for the guest. The `wamr` crate never asks for one: the
# bounds of the memory are then those of the module. Without the code for it, a microcontroller needs 1.2 KB less flash.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_runtime.c)
edit("    heap_size = align_uint(heap_size, 8);" "    heap_size = 0;")
edit("                if (memories[i]->heap_handle) {" "                if (false) {")
foreach(function malloc free retain)
  edit("    if (module->${function}_function != (uint32)-1) {" "    if (false) {")
endforeach()
end_edits()

begin_edits(core/iwasm/common/wasm_memory.c)
edit("    heap_size = (uint32)(memory->heap_data_end - memory->heap_data);" "    heap_size = 0;")
end_edits()

# The exports of the guest that would be used in place of it.
begin_edits(core/iwasm/interpreter/wasm_loader.c)
edit("        if (export->kind == EXPORT_KIND_FUNC) {
            if (!strcmp(export->name, \"malloc\")" "        if (false) {
            if (!strcmp(export->name, \"malloc\")")
end_edits()
