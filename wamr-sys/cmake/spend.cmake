# SPDX-License-Identifier: Apache-2.0
#
# Makes the fast interpreter spend the cost of each run of instructions when the run begins. The edits in runs.cmake make the loader
# write the costs to the places where these edits read them.
#
# Included by interpreter.cmake.

# When the instructions do not suffice, the loop draws and goes on at `frame_ip`, so that must be where the run begins.
# GCC subtracts into another register for Arm, and copies that, unless it is told how to subtract.
edit("#define SKIP_BR_INFO()" "#if defined(__arm__) && defined(__GCC_ASM_FLAG_OUTPUTS__)
#define SPEND(cost)                                      \\
    do {                                                 \\
        int owes;                                        \\
        __asm__(\"subs %0, %0, %2\"                      \\
                : \"+r\"(instructions_left), \"=@ccmi\"(owes) \\
                : \"r\"(cost));                          \\
        if (owes)                                        \\
            goto draw_instructions;                      \\
    } while (0)
#else
#define SPEND(cost)                  \\
    do {                             \\
        instructions_left -= (cost); \\
        if (instructions_left < 0)   \\
            goto draw_instructions;  \\
    } while (0)
#endif

/* At a cost with the run behind it. */
#define BEGIN_RUN()                                    \\
    do {                                               \\
        frame_ip += sizeof(uint16);                    \\
        SPEND((uint32)*(uint16 *)(frame_ip - sizeof(uint16))); \\
    } while (0)

/* At a cost with the address of the run behind it. */
#define BRANCH_TO_RUN()                                          \\
    do {                                                         \\
        uint32 cost = *(uint16 *)frame_ip;                       \\
        frame_ip = (uint8 *)LOAD_PTR(frame_ip + sizeof(uint16)); \\
        SPEND(cost);                                             \\
    } while (0)

#define SKIP_BR_INFO()")

# Branches. `block` and `loop` are nothing to the fast interpreter: their handlers branch back to a loop, and go on where a run is too
# long for its cost.
edit("        frame_ip = (uint8 *)LOAD_PTR(frame_ip);                             \\
    } while (0)
#endif" "        BRANCH_TO_RUN();                                                    \\
    } while (0)
#endif")
edit("        /* skip target address */                                             \\
        frame_ip += sizeof(uint8 *);                                          \\" "        /* skip the cost and the address of the target */                     \\
        frame_ip += sizeof(uint16) + sizeof(uint8 *);                         \\
        BEGIN_RUN();                                                          \\")
edit("                /* target address */
                br_item_size += sizeof(uint8 *);" "                /* the cost and the address of the target */
                br_item_size += sizeof(uint16) + sizeof(uint8 *);")
edit("            HANDLE_OP(WASM_OP_ELSE)
            {
                frame_ip = (uint8 *)LOAD_PTR(frame_ip);" "            HANDLE_OP(WASM_OP_BLOCK)
            {
                frame_ip = (uint8 *)LOAD_PTR(frame_ip);
                HANDLE_OP_END();
            }

            HANDLE_OP(WASM_OP_LOOP)
            {
                BEGIN_RUN();
                HANDLE_OP_END();
            }

            HANDLE_OP(WASM_OP_ELSE)
            {
                BRANCH_TO_RUN();")
edit("        HANDLE_OP(WASM_OP_BLOCK)
        HANDLE_OP(WASM_OP_LOOP)
        HANDLE_OP(WASM_OP_END)" "        HANDLE_OP(WASM_OP_END)")

# Behind a call, and where a function is entered.
edit("            wasm_exec_env_set_cur_frame(exec_env, (WASMRuntimeFrame *)frame);
        }
#if WASM_ENABLE_THREAD_MGR != 0
        CHECK_SUSPEND_FLAGS();
#endif
        HANDLE_OP_END();" "            wasm_exec_env_set_cur_frame(exec_env, (WASMRuntimeFrame *)frame);
        }
        BEGIN_RUN();
        HANDLE_OP_END();")
edit("        local_cell_num = cur_func->param_cell_num + cur_func->local_cell_num;
#endif
        HANDLE_OP_END();" "        local_cell_num = cur_func->param_cell_num + cur_func->local_cell_num;
#endif
        BEGIN_RUN();
        HANDLE_OP_END();")
