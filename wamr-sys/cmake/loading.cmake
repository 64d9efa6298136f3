# SPDX-License-Identifier: Apache-2.0
#
# Makes the loader faster on a Cortex-M33. It validates and translates the code of a function twice, and its smallest steps run the most
# often: the next number, the size of a type, and one operand more or less on the stacks of types and of offsets.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_loader.c)

# WAMR's function compares the type with each in turn.
edit("static char *
type2str(uint8 type)" "/* f64 is 0x7c and i64 0x7e. Without SIMD, all others take one cell. */
#define CELL_NUM_OF(type) ((type) == VALUE_TYPE_VOID ? 0 : ((type) & ~2u) == VALUE_TYPE_F64 ? 2 : 1)

static uint32
cell_num_of(uint8 type)
{
    return CELL_NUM_OF(type);
}
#define wasm_value_type_cell_num cell_num_of

static char *
type2str(uint8 type)")

# Most operands are of type i32, and the stack has room for one more.
edit("    uint32 cell_num_to_pop = wasm_value_type_cell_num(type);

    /* Directly return success if current block is in stack
       polymorphic state while stack is empty. */" "    uint32 cell_num_to_pop;

    if (type == VALUE_TYPE_I32 && available_stack_cell > 0 && *(ctx->frame_ref - 1) == VALUE_TYPE_I32) {
        ctx->frame_ref--;
        ctx->stack_cell_num--;
        return true;
    }
    cell_num_to_pop = wasm_value_type_cell_num(type);

    /* Directly return success if current block is in stack
       polymorphic state while stack is empty. */")
edit("    uint32 type_cell_num = wasm_value_type_cell_num(type);
    uint32 i;

    if (!check_stack_push(" "    uint32 type_cell_num;
    uint32 i;

    if (type == VALUE_TYPE_I32 && ctx->frame_ref < ctx->frame_ref_boundary
        && ctx->stack_cell_num < ctx->max_stack_cell_num) {
        *ctx->frame_ref++ = type;
        ctx->stack_cell_num++;
        return true;
    }
    type_cell_num = wasm_value_type_cell_num(type);

    if (!check_stack_push(")
if(WAMR_BUILD_FAST_INTERP)
  edit("    if (type == VALUE_TYPE_I32
        || type == VALUE_TYPE_F32
        /* the operand stack is in polymorphic state */
        || type == VALUE_TYPE_ANY
#if WASM_ENABLE_GC != 0
        || (sizeof(uintptr_t) == 4 && wasm_is_type_reftype(type))
#elif WASM_ENABLE_REF_TYPES != 0
        /* For reference types, we use uint32 index to represent
           the funcref and externref */
        || type == VALUE_TYPE_FUNCREF || type == VALUE_TYPE_EXTERNREF
#endif
    )
        return true;
    return false;" "    return cell_num_of(type) == 1;")

  # The largest size of the code is the one before an instruction is taken back, or the last one.
  edit("    ctx->code_compiled_size += size;
    if (ctx->code_compiled_size >= ctx->code_compiled_peak_size) {
        ctx->code_compiled_peak_size = ctx->code_compiled_size;
    }
" "    ctx->code_compiled_size += size;
")
  edit("static bool
wasm_loader_ctx_reinit(WASMLoaderContext *ctx)
{
" "static void
keep_peak_size(WASMLoaderContext *ctx)
{
    if (ctx->code_compiled_size > ctx->code_compiled_peak_size) {
        ctx->code_compiled_peak_size = ctx->code_compiled_size;
    }
}

static bool
wasm_loader_ctx_reinit(WASMLoaderContext *ctx)
{
    keep_peak_size(ctx);
")
  edit("    else {
        ctx->code_compiled_size -= size;" "    else {
        keep_peak_size(ctx);
        ctx->code_compiled_size -= size;")

  # The stacks of types and of offsets change together, nearly always without reaching a new largest size or the end of a block.
  edit("    if (!(wasm_loader_push_frame_offset(ctx, type, disable_emit, operand_offset,
                                        error_buf, error_buf_size)))
        return false;
    if (!(wasm_loader_push_frame_ref(" "    uint32 cells = CELL_NUM_OF(type);

    if (cells > 0 && ctx->frame_ref + cells <= ctx->frame_ref_boundary
        && ctx->frame_offset + cells <= ctx->frame_offset_boundary
        && ctx->stack_cell_num + cells <= ctx->max_stack_cell_num
        && (disable_emit || ctx->dynamic_offset + (int32)cells <= ctx->max_dynamic_offset)) {
        ctx->frame_ref[0] = ctx->frame_ref[cells - 1] = type;
        ctx->frame_ref += cells;
        ctx->stack_cell_num += cells;
        if (!disable_emit) {
            operand_offset = ctx->dynamic_offset;
            ctx->dynamic_offset += cells;
            emit_operand(ctx, operand_offset);
        }
        *ctx->frame_offset = operand_offset;
        ctx->frame_offset += cells;
        return true;
    }
    if (!(wasm_loader_push_frame_offset(ctx, type, disable_emit, operand_offset,
                                        error_buf, error_buf_size)))
        return false;
    if (!(wasm_loader_push_frame_ref(")
  edit("    /* put wasm_loader_pop_frame_offset in front of wasm_loader_pop_frame_ref */" "    uint32 cells = CELL_NUM_OF(type);

    if (cells > 0 && (int32)(ctx->stack_cell_num - (ctx->frame_csp - 1)->stack_cell_num) >= (int32)cells
        && *(ctx->frame_ref - 1) == type && *(ctx->frame_ref - cells) == type
        && check_offset_pop(ctx, cells)) {
        ctx->frame_ref -= cells;
        ctx->stack_cell_num -= cells;
        ctx->frame_offset -= cells;
        if (check_dynamic_offset_pop(ctx, cells)
            && *ctx->frame_offset > ctx->start_dynamic_offset
            && *ctx->frame_offset < ctx->max_dynamic_offset)
            ctx->dynamic_offset -= cells;
        emit_operand(ctx, *ctx->frame_offset);
        return true;
    }
    /* put wasm_loader_pop_frame_offset in front of wasm_loader_pop_frame_ref */")
  edit("        if (!wasm_loader_pop_frame_offset(ctx, type_pop, error_buf,
                                          error_buf_size))
            return false;

        if (!wasm_loader_pop_frame_ref(ctx, type_pop, error_buf,
                                       error_buf_size))
            return false;
    }

    if (!wasm_loader_push_frame_offset(ctx, type_push, disable_emit,
                                       operand_offset, error_buf,
                                       error_buf_size))
        return false;

    if (!wasm_loader_push_frame_ref(ctx, type_push, error_buf, error_buf_size))
        return false;

    return true;" "        if (!wasm_loader_pop_frame_ref_offset(ctx, type_pop, error_buf,
                                              error_buf_size))
            return false;
    }

    return wasm_loader_push_frame_ref_offset(ctx, type_push, disable_emit,
                                             operand_offset, error_buf,
                                             error_buf_size);")
  edit("                GET_LOCAL_INDEX_TYPE_AND_OFFSET();
                PUSH_TYPE(local_type);

#if WASM_ENABLE_GC != 0" "                GET_LOCAL_INDEX_TYPE_AND_OFFSET();

#if WASM_ENABLE_GC != 0")
  edit("                /* Get Local is optimized out */
                skip_label();
                disable_emit = true;
                operand_offset = local_offset;
                PUSH_OFFSET_TYPE(local_type);" "                /* Get Local is optimized out */
                disable_emit = true;
                operand_offset = local_offset;
                PUSH_REF(local_type);")
  # Most instructions that need no label of their own are these two.
  edit("        emit_label(opcode);
#endif
        switch (opcode) {" "        if (opcode != WASM_OP_GET_LOCAL && opcode != WASM_OP_I32_CONST)
            emit_label(opcode);
#endif
        switch (opcode) {")

  # Nearly all numbers of a module have one byte. WAMR decodes them in a loop over 64-bit values, with another function in the second pass.
  edit("#if WASM_ENABLE_FAST_INTERP == 0

#define pb_read_leb_uint32 read_leb_uint32" "#define read_small_or(read, limit, p, p_end, res) \\
    if (p < p_end && *p < (limit))                \\
        res = *p++;                               \\
    else                                          \\
        read(p, p_end, res)

#if 1 /* Both passes decode numbers alike. */

#define pb_read_leb_uint32 read_leb_uint32")
  edit("        read_leb_uint32(p, p_end, local_idx);                          \\" "        read_small_or(read_leb_uint32, 0x80, p, p_end, local_idx);     \\")
  edit("                pb_read_leb_memarg(p, p_end, align);          /* align */
                pb_read_leb_mem_offset(p, p_end, mem_offset); /* offset */
                if (!check_memory_access_align(" "                read_small_or(pb_read_leb_memarg, 0x80, p, p_end, align);
                read_small_or(pb_read_leb_mem_offset, 0x80, p, p_end, mem_offset);
                if (!check_memory_access_align(")
  edit("                pb_read_leb_int32(p, p_end, i32_const);
#if WASM_ENABLE_FAST_INTERP != 0
                skip_label();" "                read_small_or(pb_read_leb_int32, 0x40, p, p_end, i32_const);
#if WASM_ENABLE_FAST_INTERP != 0")
  edit("    uint8 mem_access_aligns[] = {
        2, 3, 2, 3, 0, 0," "    static const uint8 mem_access_aligns[] = {
        2, 3, 2, 3, 0, 0,")
  edit("        STORE_U32(ctx->p_code_compiled, value);
        ctx->p_code_compiled += sizeof(uint32);" "        memcpy(ctx->p_code_compiled, &value, sizeof(uint32));
        ctx->p_code_compiled += sizeof(uint32);")
endif()
end_edits()

begin_edits(core/iwasm/common/wasm_loader_common.c)
edit("    size_t offset = 0;
    bh_leb_read_status_t status =
        bh_leb_read(" "    size_t offset = 0;
    bh_leb_read_status_t status;

    if (*p_buf < buf_end && **p_buf < 0x80) {
        uint32 byte = *(*p_buf)++;
        *p_result = sign ? (uint64)(int64)((int32)(byte << 25) >> 25) : byte;
        return true;
    }
    status = bh_leb_read(")
end_edits()
