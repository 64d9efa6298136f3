# SPDX-License-Identifier: Apache-2.0
#
# Makes WAMR's loader count the instructions of a function in advance, for the fast interpreter.
#
# A run is what executes in one go: it begins where the function is entered, behind a call, and on each side of a branch, and ends with
# the next branch, call, return or `unreachable`. The translated code contains its cost where the interpreter reads it at the beginning:
#
#     function              [cost] code
#     call                  function, operands [cost] code
#     br, br_if, br_table   operands [cost of the target] target; br_if: [cost] code
#     br to a loop          target, whose cost is part of that of the run before
#     if                    operand [cost of the else branch] target [cost] code
#     else                  [cost of the target] target
#
# The target of a branch may lie within a run, so the cost of a branch is that of the rest of the run there.
# interpreter.cmake spends the costs.
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_loader.c)

edit("#include \"wasm_loader.h\"" "#include \"wasm_loader.h\"
#include \"${CMAKE_CURRENT_LIST_DIR}/wamr_sys.h\"")

edit("    uint32 code_compiled_peak_size;
#endif
} WASMLoaderContext;" "    uint32 code_compiled_peak_size;

    /* Which run it is, its instructions so far, where its cost goes, and the branches into it, whose cost lies before their target. */
    uint32 run_number;
    uint32 run;
    uint8 *run_cost;
    BranchBlockPatch *run_branches;
#endif
} WASMLoaderContext;")

# A block knows the run in which it begins. What is left of it there is what a branch back to a loop costs.
edit("    uint16 start_dynamic_offset;
#endif
" "    uint16 start_dynamic_offset;
    uint32 run_number;
    uint16 rest_of_run;
#endif
")
edit("    ctx->frame_csp->label_type = label_type;" "    ctx->frame_csp->run_number = ctx->run_number;
    ctx->frame_csp->rest_of_run = (uint16)-ctx->run;
    ctx->frame_csp->label_type = label_type;")

edit("static bool
wasm_loader_emit_br_info(WASMLoaderContext *ctx, BranchBlock *frame_csp,
                         bool is_br," "/* A cost must fit into 16 bits. A longer run goes on in another. */
#define MAX_RUN 0x7fff

static void
begin_run(WASMLoaderContext *ctx)
{
    ctx->run = 0;
    ctx->run_cost = ctx->p_code_compiled;
    wasm_loader_emit_int16(ctx, 0);
}

static void
end_run(WASMLoaderContext *ctx)
{
    BranchBlockPatch *branch;
    if (ctx->run_cost)
        STORE_U16(ctx->run_cost, (uint16)ctx->run);
    while ((branch = ctx->run_branches)) {
        uint8 *cost = branch->code_compiled - sizeof(uint16);
        STORE_U16(cost, (uint16)(LOAD_U16(cost) + ctx->run));
        ctx->run_branches = branch->next;
        wasm_runtime_free(branch);
    }
    for (BranchBlock *block = ctx->frame_csp - 1;
         block >= ctx->frame_csp_bottom && block->run_number == ctx->run_number; block--)
        block->rest_of_run += ctx->run;
    ctx->run_number++;
    ctx->run = 0;
    ctx->run_cost = NULL;
}

static bool
wasm_loader_emit_br_info(WASMLoaderContext *ctx, BranchBlock *frame_csp,
                         bool is_br,")
edit("        if (ctx->i64_consts)
            wasm_runtime_free(ctx->i64_consts);
        if (ctx->i32_consts)" "        while (ctx->run_branches) {
            BranchBlockPatch *next = ctx->run_branches->next;
            wasm_runtime_free(ctx->run_branches);
            ctx->run_branches = next;
        }
        if (ctx->i64_consts)
            wasm_runtime_free(ctx->i64_consts);
        if (ctx->i32_consts)")

# `else` and `end` mark the structure and count nothing.
edit("    while (p < p_end) {
        opcode = *p++;
#if WASM_ENABLE_FAST_INTERP != 0
        p_org = p;" "    begin_run(loader_ctx);
    loader_ctx->run = func->local_cell_num * 4 / WAMR_SYS_BYTES_PER_INSTRUCTION;
    while (p < p_end) {
        opcode = *p++;
#if WASM_ENABLE_FAST_INTERP != 0
        if (loader_ctx->run == MAX_RUN) {
            end_run(loader_ctx);
            emit_label(WASM_OP_LOOP);
            begin_run(loader_ctx);
            last_op = WASM_OP_LOOP;
        }
        if (opcode != WASM_OP_ELSE && opcode != WASM_OP_END)
            loader_ctx->run++;
        p_org = p;")

# Runs that end for good.
edit("            case WASM_OP_UNREACHABLE:
                RESET_STACK();" "            case WASM_OP_UNREACHABLE:
                end_run(loader_ctx);
                RESET_STACK();")
edit("            case WASM_OP_RETURN:
            {
                WASMFuncType *func_type = func->func_type;" "            case WASM_OP_RETURN:
            {
                end_run(loader_ctx);
                WASMFuncType *func_type = func->func_type;")
edit("                    emit_label(WASM_OP_RETURN);" "                    end_run(loader_ctx);
                    emit_label(WASM_OP_RETURN);")

# Branches. The address of a target waits in a list until the target is known, and now the branch waits on until its cost is known.
edit("            STORE_PTR(node->code_compiled, ctx->p_code_compiled);
            if (node_prev == NULL) {
                frame_csp->patch_list = node_next;
            }
            else {
                node_prev->next = node_next;
            }
            wasm_runtime_free(node);" "            STORE_PTR(node->code_compiled, ctx->p_code_compiled);
            if (node_prev == NULL) {
                frame_csp->patch_list = node_next;
            }
            else {
                node_prev->next = node_next;
            }
            STORE_U16(node->code_compiled - sizeof(uint16), (uint16)-ctx->run);
            node->next = ctx->run_branches;
            ctx->run_branches = node;")
# At the end of a loop's body, `br` needs no cost of its own, nor an arity. Where that is not known yet, it could be in the same run as
# the beginning of the loop, and then nothing would stop the loop.
edit("    if (frame_csp->label_type == LABEL_TYPE_LOOP) {
        wasm_loader_emit_ptr(ctx, frame_csp->code_compiled);" "    if (is_br) {
        if (frame_csp->label_type == LABEL_TYPE_LOOP && arity == 0
            && frame_csp->run_number != ctx->run_number
            && ctx->run + frame_csp->rest_of_run <= MAX_RUN) {
            WASMLoaderContext *loader_ctx = ctx;
            ctx->run += frame_csp->rest_of_run;
            end_run(ctx);
            wasm_loader_emit_backspace(ctx, sizeof(uint32));
            skip_label();
            emit_label(WASM_OP_BLOCK);
            wasm_loader_emit_ptr(ctx, frame_csp->code_compiled);
            return true;
        }
        end_run(ctx);
    }
    if (frame_csp->label_type == LABEL_TYPE_LOOP) {
        /* The run at the target has ended, here at the latest. */
        wasm_loader_emit_int16(ctx, (int16)frame_csp->rest_of_run);
        wasm_loader_emit_ptr(ctx, frame_csp->code_compiled);")
edit("        if (!add_label_patch_to_list(frame_csp, PATCH_END, ctx->p_code_compiled," "        wasm_loader_emit_int16(ctx, 0);
        if (!add_label_patch_to_list(frame_csp, PATCH_END, ctx->p_code_compiled,")
edit("        if (!add_label_patch_to_list(loader_ctx->frame_csp - 1, type,        \\" "        wasm_loader_emit_int16(loader_ctx, 0);                               \\
        if (!add_label_patch_to_list(loader_ctx->frame_csp - 1, type,        \\")
edit("                loader_ctx->is_br_if = true;

                if (!(frame_csp_tmp =
                          check_branch_block(loader_ctx, &p, p_end, opcode,
                                             error_buf, error_buf_size)))
                    goto fail;
" "                loader_ctx->is_br_if = true;

                end_run(loader_ctx);
                if (!(frame_csp_tmp =
                          check_branch_block(loader_ctx, &p, p_end, opcode,
                                             error_buf, error_buf_size)))
                    goto fail;
                begin_run(loader_ctx);
")
edit("            case WASM_OP_BR_TABLE:
            {" "            case WASM_OP_BR_TABLE:
            {
                end_run(loader_ctx);")
edit("                    emit_empty_label_addr_and_frame_ip(PATCH_ELSE);" "                    end_run(loader_ctx);
                    emit_empty_label_addr_and_frame_ip(PATCH_ELSE);
                    begin_run(loader_ctx);")
edit("                emit_empty_label_addr_and_frame_ip(PATCH_END);
                apply_label_patch(loader_ctx, 1, PATCH_ELSE);" "                end_run(loader_ctx);
                emit_empty_label_addr_and_frame_ip(PATCH_END);
                apply_label_patch(loader_ctx, 1, PATCH_ELSE);")

# Calls.
set(calls_ended "#if WASM_ENABLE_FAST_JIT != 0 || WASM_ENABLE_JIT != 0 \\
    || WASM_ENABLE_WAMR_COMPILER != 0
                func->has_op_func_call = true;
#endif
")
foreach(behind "                (void)type;" "#if WASM_ENABLE_JIT != 0 || WASM_ENABLE_WAMR_COMPILER != 0")
  edit("${calls_ended}${behind}" "                end_run(loader_ctx);
                begin_run(loader_ctx);
${behind}")
endforeach()

end_edits()
