# SPDX-License-Identifier: Apache-2.0
#
# Makes loads and stores of the fast interpreter cheaper on processors with 32 bits: a load takes 19 instructions of a Cortex-M33
# instead of 23. WAMR checks their bounds with 64 bits and tests the alignment of each.
#
# Included by wamr.cmake for the loader, and by interpreter.cmake with the interpreter's text.

if(NOT interpreter)
  # The loader knows the size of an access, so the interpreter gets the offset at which it ends. Where that has more than 32 bits, the
  # largest offset is out of bounds, too.
  begin_edits(core/iwasm/interpreter/wasm_loader.c)
  edit("static bool
check_memory_access_align(uint8 opcode, uint32 align, char *error_buf," "#if UINTPTR_MAX == UINT32_MAX
static uint32
offset_of_access(uint8 opcode, uint32 offset)
{
    static const uint8 sizes[] = { 4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4 };
    uint32 size = sizes[opcode - WASM_OP_I32_LOAD];
    return offset > UINT32_MAX - size ? UINT32_MAX : offset + size;
}
#else
#define offset_of_access(opcode, offset) (offset)
#endif

static bool
check_memory_access_align(uint8 opcode, uint32 align, char *error_buf,")
  edit("                emit_uint32(loader_ctx, mem_offset);
#endif
#if WASM_ENABLE_JIT != 0" "                emit_uint32(loader_ctx, offset_of_access(opcode, mem_offset));
#endif
#if WASM_ENABLE_JIT != 0")
  end_edits()
  return()
endif()

edit("#define CHECK_ATOMIC_MEMORY_ACCESS(align)" "#if UINTPTR_MAX == UINT32_MAX
#undef CHECK_MEMORY_OVERFLOW
#define CHECK_MEMORY_OVERFLOW(bytes)                    \\
    do {                                                \\
        uint32 end = addr + offset;                     \\
        if (end < addr || end > linear_mem_size)        \\
            goto out_of_bounds;                         \\
        maddr = memory->memory_data + end - (bytes);    \\
    } while (0)
#endif

#ifdef __ARM_FEATURE_UNALIGNED
typedef uint16 unaligned_u16 __attribute__((aligned(1), may_alias));
typedef uint32 unaligned_u32 __attribute__((aligned(1), may_alias));
typedef uint64 unaligned_u64 __attribute__((aligned(1), may_alias));
#define LOAD_I16(addr) ((int16)*(unaligned_u16 *)(addr))
#define LOAD_I32(addr) ((int32)*(unaligned_u32 *)(addr))
#define LOAD_I64(addr) ((int64)*(unaligned_u64 *)(addr))
#define STORE_U16(addr, value) (*(unaligned_u16 *)(addr) = (value))
#define STORE_U32(addr, value) (*(unaligned_u32 *)(addr) = (value))
#undef STORE_I64
#define STORE_I64(addr, value) (*(unaligned_u64 *)(addr) = (uint64)(value))
#endif

#define CHECK_ATOMIC_MEMORY_ACCESS(align)")
edit("    uint64 linear_mem_size = 0;" "    uintptr_t linear_mem_size = 0;")
