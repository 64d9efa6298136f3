# SPDX-License-Identifier: Apache-2.0
#
# Makes conditions of the fast interpreter cheaper. A comparison of two i32 and the `br_if` or `if` behind it become one instruction,
# and neither needs an arity where the branch takes no values along:
#
#     condition operands [cost of the target] target [cost] code
#
# `local.tee` needs no instruction where the one before it can write to the local.
#
# Included by wamr.cmake for the loader, before runs.cmake, and by interpreter.cmake with the interpreter's text.

if(NOT interpreter)
  begin_edits(core/iwasm/interpreter/wasm_loader.c)

  # Where the operands of this instruction and of the last one begin, so that it is known whether something lies between.
  edit("    uint32 code_compiled_peak_size;
#endif
} WASMLoaderContext;" "    uint8 last_op;
    bool is_br_if;
    uintptr_t last_operands;
    uintptr_t operands;
    uint32 code_compiled_peak_size;
#endif
} WASMLoaderContext;")
  edit("        disable_emit = false;
        if (opcode != WASM_OP_GET_LOCAL && opcode != WASM_OP_I32_CONST)
            emit_label(opcode);
#endif
        switch (opcode) {" "        disable_emit = false;
        loader_ctx->last_op = last_op;
        if (opcode != WASM_OP_GET_LOCAL && opcode != WASM_OP_I32_CONST) {
            emit_label(opcode);
            loader_ctx->last_operands = loader_ctx->operands;
            loader_ctx->operands = code_position(loader_ctx);
        }
#endif
        switch (opcode) {")

  edit("static bool
wasm_loader_emit_br_info(WASMLoaderContext *ctx, BranchBlock *frame_csp,
                         bool is_br," "static __attribute__((noinline)) uintptr_t
code_position(WASMLoaderContext *ctx)
{
    return ctx->p_code_compiled ? (uintptr_t)ctx->p_code_compiled : ctx->code_compiled_size;
}

static int16
take_operand(WASMLoaderContext *ctx)
{
    wasm_loader_emit_backspace(ctx, sizeof(int16));
    return ctx->p_code_compiled ? *(int16 *)ctx->p_code_compiled : 0;
}

/* Turns the label and the operand of a branch, the last in the code, into a branch with its condition. */
static void
emit_condition(WASMLoaderContext *loader_ctx, bool is_if)
{
    /* The lowest bit inverts the condition. */
    enum { NEZ, EQZ, EQ, NE, LT_S, GE_S, LT_U, GE_U, SWAPPED };
    /* The fast interpreter does not use these for anything else. */
    static const uint8 opcodes[] = { WASM_OP_NOP, WASM_OP_IF, WASM_OP_DROP, WASM_OP_DROP_64,
                                     EXT_OP_BLOCK, EXT_OP_LOOP, EXT_OP_IF, EXT_OP_BR_TABLE_CACHE };
    static const uint8 of_comparison[] = { EQZ, EQ, NE, LT_S, LT_U, LT_S + SWAPPED, LT_U + SWAPPED,
                                           GE_S + SWAPPED, GE_U + SWAPPED, GE_S, GE_U };
    uint8 comparison = loader_ctx->last_op - WASM_OP_I32_EQZ, condition = NEZ;
    uintptr_t label = WASM_CPU_SUPPORTS_UNALIGNED_ADDR_ACCESS ? sizeof(void *) : sizeof(int32);
    /* In code that nothing reaches, operands are missing. Copies may lie before an `if`. */
    bool is_compared = comparison < sizeof(of_comparison)
                       && code_position(loader_ctx) == loader_ctx->operands + sizeof(int16)
                       && loader_ctx->operands - label - loader_ctx->last_operands
                              == (comparison == 0 ? 2 : 3) * sizeof(int16);
    int16 a = take_operand(loader_ctx), b = 0;
    skip_label();
    if (is_compared) {
        condition = of_comparison[comparison];
        take_operand(loader_ctx); /* the result */
        a = take_operand(loader_ctx);
        if (condition > EQZ)
            b = take_operand(loader_ctx);
        skip_label();
    }
    /* An `if` branches when the condition is false. */
    if (is_if)
        condition ^= 1;
    emit_label(opcodes[condition % SWAPPED]);
    if (condition > EQZ)
        wasm_loader_emit_int16(loader_ctx, condition < SWAPPED ? b : a);
    wasm_loader_emit_int16(loader_ctx, condition < SWAPPED ? a : b);
}

static bool
wasm_loader_emit_br_info(WASMLoaderContext *ctx, BranchBlock *frame_csp,
                         bool is_br,")
  edit("            case WASM_OP_BR_IF:
            {
                POP_I32();
" "            case WASM_OP_BR_IF:
            {
                POP_I32();
                loader_ctx->is_br_if = true;
")
  edit("    /* Part a */
    emit_uint32(ctx, arity);" "    /* Part a */
    /* In code that nothing reaches, the operand may be missing. */
    if (ctx->is_br_if && arity == 0 && code_position(ctx) == ctx->operands + sizeof(int16))
        emit_condition(ctx, false);
    else
        emit_uint32(ctx, arity);
    ctx->is_br_if = false;")
  # An `if` has an else branch for the fast interpreter, if only an empty one.
  edit("                    emit_empty_label_addr_and_frame_ip(PATCH_ELSE);
                    emit_empty_label_addr_and_frame_ip(PATCH_END);" "                    if (if_condition_available)
                        emit_condition(loader_ctx, true);
                    emit_empty_label_addr_and_frame_ip(PATCH_ELSE);")

  # WAMR's `local.set` needs no instruction either.
  edit("#define GET_CONST_OFFSET(type, val)" "/* Lets the last instruction write its result to a local. Returns the cells of the result, or 0 if that is not possible. */
static uint32
write_to_local(WASMLoaderContext *ctx, uint32 local_offset)
{
    uint8 last_op = ctx->last_op;
    uint32 cells = (LAST_OP_OUTPUT_I32()) ? 1 : (LAST_OP_OUTPUT_I64()) ? 2 : 0;
    if (cells > 0 && ctx->p_code_compiled)
        STORE_U16(ctx->p_code_compiled - 2, (uint16)local_offset);
    ctx->dynamic_offset -= cells;
    return cells;
}

#define GET_CONST_OFFSET(type, val)")
  edit("                    if ((!preserve_local) && (LAST_OP_OUTPUT_I32())) {
                        if (loader_ctx->p_code_compiled)
                            STORE_U16(loader_ctx->p_code_compiled - 2,
                                      local_offset);
                        loader_ctx->frame_offset--;
                        loader_ctx->dynamic_offset--;
                    }
                    else if ((!preserve_local) && (LAST_OP_OUTPUT_I64())) {
                        if (loader_ctx->p_code_compiled)
                            STORE_U16(loader_ctx->p_code_compiled - 2,
                                      local_offset);
                        loader_ctx->frame_offset -= 2;
                        loader_ctx->dynamic_offset -= 2;
                    }
                    else {" "                    uint32 cells = preserve_local ? 0 : write_to_local(loader_ctx, local_offset);
                    loader_ctx->frame_offset -= cells;
                    if (cells == 0) {")
  edit("                    skip_label();
                    if (is_32bit_type(local_type)) {
                        emit_label(EXT_OP_TEE_LOCAL_FAST);" "                    skip_label();
                    uint32 cells = preserve_local || cur_block->is_stack_polymorphic
                                       ? 0
                                       : write_to_local(loader_ctx, local_offset);
                    if (cells > 0) {
                        *(loader_ctx->frame_offset - cells) = (int16)local_offset;
                        break;
                    }
                    if (is_32bit_type(local_type)) {
                        emit_label(EXT_OP_TEE_LOCAL_FAST);")
  end_edits()
  return()
endif()

edit("        HANDLE_OP(WASM_OP_DROP)
        HANDLE_OP(WASM_OP_DROP_64)
" "")
edit("        HANDLE_OP(WASM_OP_NOP)
        HANDLE_OP(EXT_OP_BLOCK)
        HANDLE_OP(EXT_OP_LOOP)
        HANDLE_OP(EXT_OP_IF)
        HANDLE_OP(EXT_OP_BR_TABLE_CACHE)
" "")
edit("            HANDLE_OP(WASM_OP_IF)
            {
                cond = (uint32)POP_I32();

                if (cond == 0) {
                    uint8 *else_addr = (uint8 *)LOAD_PTR(frame_ip);
                    if (else_addr == NULL) {
                        frame_ip =
                            (uint8 *)LOAD_PTR(frame_ip + sizeof(uint8 *));
                    }
                    else {
                        frame_ip = else_addr;
                    }
                }
                else {
                    frame_ip += sizeof(uint8 *) * 2;
                }
                HANDLE_OP_END();
            }
" "#ifdef BRANCH_TO_RUN
#define GO_ON()                                       \\
    do {                                              \\
        frame_ip += sizeof(uint16) + sizeof(uint8 *); \\
        BEGIN_RUN();                                  \\
    } while (0)
#else
#define BRANCH_TO_RUN() frame_ip = (uint8 *)LOAD_PTR(frame_ip)
#define GO_ON() frame_ip += sizeof(uint8 *)
#endif
#define BRANCH_IF(opcode, operands, condition)  \\
    HANDLE_OP(opcode)                           \\
    {                                           \\
        bool is_taken = condition;              \\
        frame_ip += (operands) * sizeof(int16); \\
        if (is_taken)                           \\
            BRANCH_TO_RUN();                    \\
        else                                    \\
            GO_ON();                            \\
        HANDLE_OP_END();                        \\
    }
#define BRANCH_IF_2(opcode, type, op) \\
    BRANCH_IF(opcode, 2, GET_OPERAND(type, I32, 2) op GET_OPERAND(type, I32, 0))

            /* NEZ, EQZ, EQ, NE, LT_S, GE_S, LT_U and GE_U, as emit_condition in the loader lists them. */
            BRANCH_IF(WASM_OP_NOP, 1, GET_OPERAND(uint32, I32, 0) != 0)
            BRANCH_IF(WASM_OP_IF, 1, GET_OPERAND(uint32, I32, 0) == 0)
            BRANCH_IF_2(WASM_OP_DROP, uint32, ==)
            BRANCH_IF_2(WASM_OP_DROP_64, uint32, !=)
            BRANCH_IF_2(EXT_OP_BLOCK, int32, <)
            BRANCH_IF_2(EXT_OP_LOOP, int32, >=)
            BRANCH_IF_2(EXT_OP_IF, uint32, <)
            BRANCH_IF_2(EXT_OP_BR_TABLE_CACHE, uint32, >=)
")
