# SPDX-License-Identifier: Apache-2.0
#
# Custom page sizes, a proposal that WAMR does not implement: a memory may have pages of one byte, so that it takes the bytes that the
# module needs and not a multiple of 64 KiB.
# https://github.com/WebAssembly/custom-page-sizes
#
# Included by wamr.cmake.

begin_edits(core/iwasm/interpreter/wasm_loader.c)

# The flag 8 announces the logarithm of the page size behind the limits. WAMR's own flags and its checks do not know it. As with memory64,
# all 32 bits are a valid number of pages.
edit("    read_leb_uint32(p, p_end, memory->flags);
    is_memory64 = memory->flags & MEMORY64_FLAG;" "    read_leb_uint32(p, p_end, memory->flags);
    const bool has_page_size = memory->flags & 8;
    memory->flags &= ~8u;
    is_memory64 = has_page_size || (memory->flags & MEMORY64_FLAG);")
edit("    memory->num_bytes_per_page = DEFAULT_NUM_BYTES_PER_PAGE;
" "    memory->num_bytes_per_page = DEFAULT_NUM_BYTES_PER_PAGE;
    if (has_page_size) {
        uint32 page_size_log2;
        read_leb_uint32(p, p_end, page_size_log2);
        if (page_size_log2 != 0 && page_size_log2 != 16) {
            set_error_buf(error_buf, error_buf_size, \"invalid custom page size\");
            return false;
        }
        memory->num_bytes_per_page = 1u << page_size_log2;
        if (page_size_log2 == 16) {
            if (!check_memory_init_size(false, memory->init_page_count, error_buf, error_buf_size)
                || ((memory->flags & MAX_PAGE_COUNT_FLAG)
                    && !check_memory_max_size(false, memory->init_page_count, memory->max_page_count, error_buf,
                                              error_buf_size)))
                return false;
            if (memory->max_page_count > DEFAULT_MAX_PAGES)
                memory->max_page_count = DEFAULT_MAX_PAGES;
        }
    }
")

# A memory that the module never grows becomes one page, however many small ones it has.
edit("            if (memory->init_page_count < DEFAULT_MAX_PAGES) {"
  "            if (memory->init_page_count < DEFAULT_MAX_PAGES || memory->num_bytes_per_page == 1) {")

end_edits()

begin_edits(core/iwasm/common/wasm_memory.c)

# WAMR allocates the size of the memory and checks bounds against that size rounded up to a page of the processor (its #5080).
edit("    *memory_data_size = align_as_and_cast(*memory_data_size, page_size);" "    (void)page_size, (void)align_as_and_cast;")

# Grows in place where the pool has room behind the memory, and needs the old and the new memory at the same time only elsewhere.
edit("        new_mem = os_mremap(mapped_mem, old_size, new_size);" "        if (new_size > UINT32_MAX)
            return NULL;
        new_mem = wasm_runtime_realloc(mapped_mem, (uint32)new_size);
        if (new_mem)
            memset((char *)new_mem + old_size, 0, (size_t)(new_size - old_size));")

end_edits()
