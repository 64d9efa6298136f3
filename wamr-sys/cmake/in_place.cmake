# SPDX-License-Identifier: Apache-2.0
#
# Native code that runs where it is has no relocations and asks for few functions of the runtime, by name. Without the code for other
# files and functions, a Cortex-M33 needs less flash.
#
# Included by wamr.cmake, after native.cmake.

begin_edits(core/iwasm/aot/aot_loader.c)

# After the check of the processor, whose reason says more.
edit("                if (!load_target_info_section(buf, buf_end, module, error_buf,
                                              error_buf_size))
                    return false;" "                if (!load_target_info_section(buf, buf_end, module, error_buf,
                                              error_buf_size))
                    return false;
                if (!module->is_indirect_mode) {
                    set_error_buf(error_buf, error_buf_size, \"the code does not run in place\");
                    return false;
                }")
edit("                if ((section_size > 0) && !module->is_indirect_mode) {" "                if (false) {")
# Nothing is copied, so nothing is freed.
edit("                         module->is_indirect_mode
                                 || module->merged_data_text_sections
                             ? false
                             : true);" "                         false);")
edit("                if (!module->is_indirect_mode && is_load_from_file_buf)" "                if (false)")

# Three empty lists.
edit("                if (!load_relocation_section(buf," "                if (buf_end - buf > 12) {
                    set_error_buf(error_buf, error_buf_size, \"the code has relocations\");
                    return false;
                }
                if (false && !load_relocation_section(buf,")

# Strings are where they are as well.
edit("    else if (is_load_from_file_buf) {
        /* The string is always" "    else if (true) {
        /* The string is always")
edit("    if (module->const_str_set)" "    if (false)")

# One function reads the numbers, where WAMR has a copy of that for each.
edit("#define read_uint8(p, p_end, res) TEMPLATE_READ(p, p_end, res, uint8)" "static const uint8 *
read_number(const uint8 *p, const uint8 *p_end, void *number, uint32 size)
{
    p = align_ptr(p, size < sizeof(uint32) ? size : sizeof(uint32));
    if (!check_buf(p, p_end, size, NULL, 0))
        return NULL;
    memcpy(number, p, size);
    return p + size;
}

#undef TEMPLATE_READ
#define TEMPLATE_READ(p, p_end, res, type)                                    \\
    do {                                                                      \\
        type number;                                                          \\
        const uint8 *behind = read_number(p, p_end, &number, sizeof(number)); \\
        if (!behind)                                                          \\
            goto fail;                                                        \\
        if (!is_little_endian())                                              \\
            exchange_##type((uint8 *)&number);                                \\
        p = (uint8 *)behind;                                                  \\
        res = number;                                                         \\
    } while (0)

#define read_uint8(p, p_end, res) TEMPLATE_READ(p, p_end, res, uint8)")
edit("        aot_unload(module);
        return NULL;
    }
    os_thread_jit_write_protect_np(true);" "        if (error_buf[0] == 0)
            set_error_buf(error_buf, error_buf_size, \"unexpected end\");
        aot_unload(module);
        return NULL;
    }
    os_thread_jit_write_protect_np(true);")

# The compiler has validated the module.
edit("        if (!check_duplicate_exports(" "        if (false && !check_duplicate_exports(")

end_edits()

# The functions that the code of wamr-compiler/src/target.rs asks for.
if(WAMR_BUILD_TARGET MATCHES "^THUMB")
  set(symbols "")
  foreach(function aot_set_exception_with_id aot_invoke_native aot_call_indirect aot_enlarge_memory aot_memory_init aot_data_drop)
    string(APPEND symbols "    REG_SYM(${function}),\n")
  endforeach()
  foreach(operation i64_div_s i64_div_u i64_rem_s i64_rem_u f32_to_f64 f64_to_f32)
    string(APPEND symbols "    REG_SYM(aot_intrinsic_${operation}),\n")
  endforeach()
  foreach(float f32 f64)
    foreach(operation fabs floor ceil trunc rint sqrt fadd fsub fmul fdiv fmin fmax)
      string(APPEND symbols "    REG_SYM(aot_intrinsic_${operation}_${float}),\n")
    endforeach()
    string(APPEND symbols "    REG_SYM(aot_intrinsic_${float}_cmp),\n")
    foreach(integer i32 u32 i64 u64)
      string(APPEND symbols "    REG_SYM(aot_intrinsic_${float}_to_${integer}), REG_SYM(aot_intrinsic_${integer}_to_${float}),\n")
    endforeach()
  endforeach()
  begin_edits(core/iwasm/aot/arch/aot_reloc_thumb.c)
  edit("static SymbolMap target_sym_map[] = {" "static const SymbolMap target_sym_map[] = {
    { \"memset\", (void *)aot_memset },
    { \"memmove\", (void *)aot_memmove },
    { \"memcpy\", (void *)aot_memmove },
${symbols}};
#if 0
static SymbolMap all_symbols[] = {")
  edit("    return target_sym_map;" "    return (SymbolMap *)target_sym_map;")
  edit("static void
set_error_buf(" "#endif

static void
set_error_buf(")
  end_edits()
endif()
