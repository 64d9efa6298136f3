# SPDX-License-Identifier: Apache-2.0
#
# Mistakes of WAMR's loader.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_loader.c)

# Where a module exports `__heap_base` and `__data_end`, WAMR takes its first mutable global for LLVM's stack pointer, and traps when
# that leaves its range. It may be any other global. Even a stack pointer leaves the range with reason, for the stack of a fiber or
# a goroutine. WASI's application ABI forbids an environment to look at the two.
edit("        if (export->kind == EXPORT_KIND_GLOBAL) {" "        if (false) {")

# Operands of the fast interpreter lie in slots of a frame. The loader counts the slots in use, and behind a branch it goes on with
# the count of the block branched to. Where an inner block ends in code that is not reached, the block around it inherits that count
# and what is computed behind it overwrites operands from before it. At the end of a block nothing of it is left but its results.
if(WAMR_BUILD_FAST_INTERP)
  edit("                apply_label_patch(loader_ctx, 0, PATCH_END);
                free_label_patch_list(loader_ctx->frame_csp);"
    "                apply_label_patch(loader_ctx, 0, PATCH_END);
                free_label_patch_list(loader_ctx->frame_csp);
                {
                    uint8 *result_types = NULL;
                    uint32 result_count = block_type_get_result_types(&loader_ctx->frame_csp->block_type, &result_types);
                    loader_ctx->dynamic_offset =
                        loader_ctx->frame_csp->dynamic_offset + (int16)wasm_get_cell_num(result_types, result_count);
                    if (loader_ctx->dynamic_offset > loader_ctx->max_dynamic_offset)
                        loader_ctx->max_dynamic_offset = loader_ctx->dynamic_offset;
                }")
endif()

# The list of sections, and all that the fast interpreter needs for the translation of a function but its result, are gone when the
# module is loaded: see allocator.cmake.
if(WAMR_BUILD_FAST_INTERP)
  edit("static void *
memory_realloc(void *mem_old," "extern void
wamr_sys_allocate(int use);
enum { BEST_FIT, FOR_A_WHILE, TO_KEEP };

static void *
loader_malloc_to_keep(uint64 size, char *error_buf, uint32 error_buf_size)
{
    void *mem;

    wamr_sys_allocate(TO_KEEP);
    mem = loader_malloc(size, error_buf, error_buf_size);
    wamr_sys_allocate(FOR_A_WHILE);
    return mem;
}

static void *
memory_realloc(void *mem_old,")
  edit("            if (!(section = loader_malloc(sizeof(WASMSection), error_buf,
                                          error_buf_size))) {" "            wamr_sys_allocate(FOR_A_WHILE);
            section = loader_malloc(sizeof(WASMSection), error_buf, error_buf_size);
            wamr_sys_allocate(BEST_FIT);
            if (!section) {")
  edit("        if (!wasm_loader_prepare_bytecode(module, func, i, error_buf,
                                          error_buf_size)) {" "        wamr_sys_allocate(FOR_A_WHILE);
        bool is_prepared = wasm_loader_prepare_bytecode(module, func, i, error_buf, error_buf_size);
        wamr_sys_allocate(BEST_FIT);
        if (!is_prepared) {")
  edit("              loader_malloc(ctx->code_compiled_peak_size, NULL, 0)))"
    "              loader_malloc_to_keep(ctx->code_compiled_peak_size, NULL, 0)))")
  edit("                  loader_malloc((uint64)sizeof(uint32) * func->const_cell_num,"
    "                  loader_malloc_to_keep((uint64)sizeof(uint32) * func->const_cell_num,")
endif()

string(APPEND text "
/* Whether the module has an instruction that grows its memory or reads its size. Without one, WAMR takes the size for final. */
bool
wamr_sys_grows(const WASMModule *module)
{
    return module->possible_memory_grow;
}
")

end_edits()
