# SPDX-License-Identifier: Apache-2.0
#
# Makes the loader faster on a Cortex-M33. It validates and translates the code of a function twice, and its smallest steps run the most
# often: the next number, the size of a type, and one operand more or less on the stacks of types and of offsets.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_loader.c)

# WAMR's function compares the type with each in turn.
edit("static char *
type2str(uint8 type)" "static inline uint32
cell_num_of(uint8 type)
{
    /* f64 is 0x7c and i64 0x7e. Without SIMD, all others take one cell. */
    return type == VALUE_TYPE_VOID ? 0 : (type & ~2u) == VALUE_TYPE_F64 ? 2 : 1;
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
  edit("    /* only check memory overflow in first traverse */
    if (ctx->p_code_compiled == NULL) {
        if (!check_offset_push(" "    /* only check memory overflow in first traverse */
    if (ctx->p_code_compiled == NULL) {
        if (ctx->frame_offset >= ctx->frame_offset_boundary && !check_offset_push(")
  edit("    if (is_32bit_type(type))
        return true;

    cell_num_to_push" "    if (type == VALUE_TYPE_I32 || is_32bit_type(type))
        return true;

    cell_num_to_push")

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

  # Nearly all numbers of a module have one byte. WAMR decodes them in a loop over 64-bit values.
  edit("    uint8 *buf = *p_buf;
    uint64 result = 0, byte = 0;
    uint32 shift = 0;
" "    uint8 *buf = *p_buf;
    uint64 result = 0, byte = 0;
    uint32 shift = 0;

    if (*buf < 0x80) {
        *p_buf = buf + 1;
        return sign ? (uint64)(int64)((int32)((uint32)*buf << 25) >> 25) : *buf;
    }
")
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
