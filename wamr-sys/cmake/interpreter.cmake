# SPDX-License-Identifier: Apache-2.0
#
# Makes a copy of WAMR's interpreter in the build directory that asks wamr-sys/src/meter.rs for instructions to execute and calls
# the functions of wamr-sys/src/host.rs, and compiles that instead. WAMR's own metering counts each call afresh, forgets what is
# left, takes a fill of 64 KiB for one instruction and cannot look at a clock.
#
# Included by wamr.cmake; sets WAMR_INTERPRETER.

if(WAMR_BUILD_FAST_INTERP)
  set(interpreter wasm_interp_fast.c)
else()
  set(interpreter wasm_interp_classic.c)
endif()
set(WAMR_INTERPRETER ${CMAKE_CURRENT_BINARY_DIR}/${interpreter})
begin_edits(core/iwasm/interpreter/${interpreter})

if(WAMR_BUILD_FAST_INTERP)
  # Values that a branch carries wait behind the frame. WAMR allocates memory for more than 16 cells, and an app has none to spare. Each
  # value goes to a place of its own in the frame, so all take less than the frame, and as much as that is free behind it: see
  # wasm_exec_env_alloc_wasm_frame.
  edit("copy_stack_values(WASMModuleInstance *module, uint32 *frame_lp, uint32 arity," "copy_stack_values(WASMExecEnv *exec_env, uint32 *frame_lp, uint32 arity,")
  foreach(arguments "arity, total_cell," "values_count,")
    edit("copy_stack_values(module, frame_lp, ${arguments}" "copy_stack_values(exec_env, frame_lp, ${arguments}")
  endforeach()
  edit("    bool ret = false;
    uint32 buf[16] = { 0 }, i;
    uint32 *tmp_buf = buf;
" "    bool ret = true;
    uint32 *tmp_buf = (uint32 *)exec_env->wasm_stack.top, i;
")
  edit("    /* Allocate memory if the buf is not large enough */
    if (total_cell_num > sizeof(buf) / sizeof(uint32)) {
        uint64 total_size = sizeof(uint32) * (uint64)total_cell_num;
        if (total_size >= UINT32_MAX
            || !(tmp_buf = wasm_runtime_malloc((uint32)total_size))) {
            wasm_set_exception(module, \"allocate memory failed\");
            goto fail;
        }
    }
" "    bh_assert((uint8 *)(tmp_buf + total_cell_num) <= exec_env->wasm_stack.top_boundary);
    (void)total_cell_num;
")
  edit("    ret = true;

fail:
    if (tmp_buf != buf) {
        wasm_runtime_free(tmp_buf);
    }
" "")
endif()

if(WAMR_BUILD_INSTRUCTION_METERING)
  if(WAMR_BUILD_FAST_INTERP)
    # At the beginning of each run of instructions: see runs.cmake and spend.cmake.
    set(each_instruction "(void)0")
    include(${CMAKE_CURRENT_LIST_DIR}/spend.cmake)
  else()
    # Before each instruction but `else` and `end`, which only mark the structure.
    set(each_instruction "if (--instructions_left < 0 && *frame_ip != WASM_OP_ELSE && *frame_ip != WASM_OP_END) \\
        goto draw_instructions")
    foreach(mark ELSE END)
      edit("            HANDLE_OP(WASM_OP_${mark})
            {" "            HANDLE_OP(WASM_OP_${mark})
            {
                instructions_left++;")
    endforeach()
  endif()

  # The loop: begins without instructions, draws some when it owes any, gives back what is left when it returns.
  edit("int instructions_left = -1;" "int instructions_left __attribute__((cleanup(wamr_sys_loop_returns))) = 0;
#undef CHECK_INSTRUCTION_LIMIT
#define CHECK_INSTRUCTION_LIMIT() ${each_instruction}")
  edit("instructions_left = exec_env->instructions_to_execute;" "(void)exec_env;")
  edit("    got_exception:" "        goto got_exception;
    draw_instructions:
        instructions_left = wamr_sys_draw(module, -instructions_left);
        if (instructions_left >= 0)
            FETCH_OPCODE_AND_DISPATCH();
    got_exception:")

  # A host function may call the guest again, which must find the instructions that are left.
  edit("wasm_interp_call_func_native(module, exec_env, cur_func,
                                             prev_frame);"
    "wamr_sys_lent = instructions_left;
                wasm_interp_call_func_native(module, exec_env, cur_func,
                                             prev_frame);
                instructions_left = wamr_sys_lent;
                wamr_sys_lent = 0;")

  # Work that one instruction does on many bytes, which is paid for before it is done.
  set(charge "if ((instructions_left = wamr_sys_charge(module, instructions_left,")
  set(or_stop ")) < 0)
                            goto got_exception;")
  edit("bh_memcpy_s(maddr, (uint32)(linear_mem_size - addr)" "${charge} (uint32)bytes${or_stop}
                        bh_memcpy_s(maddr, (uint32)(linear_mem_size - addr)")
  edit("memmove(mdst, msrc, len);" "${charge} len${or_stop}
                            memmove(mdst, msrc, len);")
  edit("memset(mdst, fill_val, len);" "${charge} len${or_stop}
                        memset(mdst, fill_val, len);")
  # An element counts as 4 bytes wherever the interpreter runs.
  set(charge_elements "${charge} n * 4${or_stop}")
  edit("table_elems = tbl_inst->elems + d;" "${charge_elements}
                        table_elems = tbl_inst->elems + d;")
  edit("bh_memmove_s((uint8 *)dst_tbl_inst" "${charge_elements}
                        bh_memmove_s((uint8 *)dst_tbl_inst")
  edit("for (; n != 0; " "${charge_elements}
                        for (; n != 0; ")
  # A memory moves when it grows. With pages of one byte, a guest could have it moved thousands of times before the next draw.
  if(WAMR_BUILD_FAST_INTERP)
    set(grown "frame_lp[addr_ret] = prev_page_count;")
  else()
    set(grown "PUSH_PAGE_COUNT(prev_page_count);")
  endif()
  edit("${grown}" "${grown}
                    if (delta > 0)
                        ${charge} (uint32)memory->memory_data_size${or_stop}")
  # For the locals of a function, runs.cmake has the cost with that of the first instructions.
  if(NOT WAMR_BUILD_FAST_INTERP)
    edit("memset(frame_lp + cur_func->param_cell_num, 0,"
      "${charge} (uint32)cur_func->local_cell_num * 4${or_stop}
            memset(frame_lp + cur_func->param_cell_num, 0,")
  endif()
endif()

# A memory without pages lies nowhere, which memset must not be told.
edit("memset(mdst, fill_val, len);" "if (len > 0)
                            memset(mdst, fill_val, len);")

if(WAMR_BUILD_FAST_INTERP)
  include(${CMAKE_CURRENT_LIST_DIR}/memory_access.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/branches.cmake)

  # See structures.cmake.
  foreach(field count offsets types)
    edit("cur_func->local_${field}" "cur_func->u.func->local_${field}")
  endforeach()

  # A pointer that few instructions need, in a register that calls need.
  edit("    WASMGlobalInstance *globals = module->e ? module->e->globals : NULL;" "#define globals module->e->globals")

  # Most functions have no locals but parameters, or few: a call of memset takes longer than a short function of the guest.
  edit("memset(frame_lp + cur_func->param_cell_num, 0," "if (cur_func->local_cell_num > 0)
                memset(frame_lp + cur_func->param_cell_num, 0,")
endif()

# The loader knows no stack pointer, see loader.cmake.
foreach(beyond "<= (uint64)exec_env->aux_stack_boundary" "> (uint64)exec_env->aux_stack_bottom")
  edit("if (aux_stack_top ${beyond})" "if (false)")
endforeach()

# Host functions of wamr-sys/src/host.rs take and return values where the interpreter has them. Where there are no others, what
# calls them is left out: 1.5 KB for a microcontroller.
if(NOT WAMR_SYS_HOST_FUNCTIONS_ONLY)
  set(WAMR_SYS_HOST_FUNCTIONS_ONLY 0)
endif()
edit("    if (func_import->call_conv_wasm_c_api) {
        ret = " "    if (native_func_pointer == (void *)&wamr_sys_host_function) {
        const struct wamr_sys_host_function *host = func_import->attachment;
        ret = host->call(exec_env, frame->lp, host->closure, module_inst->custom_data);
        argv_ret[0] = frame->lp[0];
        argv_ret[1] = frame->lp[1];
    }
    else if (${WAMR_SYS_HOST_FUNCTIONS_ONLY}) {
        wasm_set_exception(module_inst, \"a host function of another kind\");
        ret = false;
    }
    else if (func_import->call_conv_wasm_c_api) {
        ret = ")

# Which functions were running when a call trapped.
edit("void
wasm_interp_call_wasm(WASMModuleInstance *module_inst" "static void
wamr_sys_keep_trace(WASMModuleInstance *module_inst, WASMExecEnv *exec_env)
{
    WASMInterpFrame *frame = wasm_exec_env_get_cur_frame(exec_env);
    if (wamr_sys_trace_len > 0) /* by a call further inside */
        return;
    for (; frame && wamr_sys_trace_len < WAMR_SYS_TRACE_MAX; frame = frame->prev_frame) {
        if (frame->function) /* else: where the host called */
            wamr_sys_trace[wamr_sys_trace_len++] = (uint32)(frame->function - module_inst->e->functions);
    }
}

void
wasm_interp_call_wasm(WASMModuleInstance *module_inst")
edit("#if WASM_ENABLE_DUMP_CALL_STACK != 0
        if (wasm_interp_create_call_stack(exec_env)) {" "        wamr_sys_keep_trace(module_inst, exec_env);
#if WASM_ENABLE_DUMP_CALL_STACK != 0
        if (wasm_interp_create_call_stack(exec_env)) {")

# The way into the guest for wamr-sys/src/call.rs.
string(APPEND text "
#if WASM_ENABLE_AOT != 0
extern bool
wamr_sys_call_native(WASMExecEnv *exec_env, void *function, uint32 *argv);
#endif

int
wamr_sys_call(WASMExecEnv *exec_env, WASMFunctionInstance *function, uint32 *argv)
{
    WASMModuleInstance *instance = (WASMModuleInstance *)exec_env->module_inst;
    instance->cur_exec_env = exec_env;
#if WASM_ENABLE_AOT != 0
    if (instance->module_type == Wasm_Module_AoT)
        return wamr_sys_call_native(exec_env, function, argv);
#endif
    wasm_interp_call_wasm(instance, exec_env, function, function->param_cell_num, argv);
    return instance->cur_exception[0] == 0;
}
")

# The table of the loop is never written, so a microcontroller can keep it in flash: 1 KB of RAM.
edit("DEFINE_GOTO_TABLE(const void *, handle_table)" "DEFINE_GOTO_TABLE(const void *const, handle_table)")

string(PREPEND text "#include \"${CMAKE_CURRENT_LIST_DIR}/wamr_sys.h\"\n#line 1 \"${interpreter}\"\n")
file(CONFIGURE OUTPUT ${interpreter} CONTENT "${text}" @ONLY)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  # Each instruction of the guest ends in a jump of its own to the next. With the counting between, GCC's default of 8 would
  # have all share one on Arm.
  set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY COMPILE_OPTIONS --param=max-goto-duplication-insns=16)
  if(WAMR_BUILD_TARGET MATCHES "^THUMB")
    set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY
      COMPILE_OPTIONS -wrapper "${PYTHON_EXECUTABLE},${CMAKE_CURRENT_LIST_DIR}/jump.py")
    set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/jump.py)
  endif()
endif()
set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/wamr_sys.h)

list(FILTER WAMR_RUNTIME_LIB_SOURCE EXCLUDE REGEX "/${interpreter}$")
list(APPEND WAMR_RUNTIME_LIB_SOURCE ${WAMR_INTERPRETER})
