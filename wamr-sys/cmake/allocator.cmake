# SPDX-License-Identifier: Apache-2.0
#
# Mistakes of WAMR's allocator when a block of the pool grows in place.
#
# Included by wamr.cmake.

begin_edits(core/shared/mem-alloc/ems/ems_alloc.c)

# Free memory behind it that is left over may be too small to be a free block, which needs 16 bytes: its list's link and its size
# then lie in one place. And where nothing is left over, WAMR leaves the block behind marked as one that follows a free one. In
# both cases, when the block behind is freed, WAMR takes other content of the pool for the size of a free block before it, and
# writes where that says; what a module contains may choose the place.
edit("                if (!unlink_hmu(heap, hmu_next)) {
                    UNLOCK_HEAP(heap);
                    return NULL;
                }" "                if (!unlink_hmu(heap, hmu_next)) {
                    UNLOCK_HEAP(heap);
                    return NULL;
                }
                if (tot_size_old + tot_size_next - tot_size < GC_SMALLEST_SIZE) {
                    tot_size = tot_size_old + tot_size_next;
                    hmu_t *behind = (hmu_t *)((char *)hmu_old + tot_size);
                    if (hmu_is_in_heap(behind, base_addr, end_addr))
                        hmu_mark_pinuse(behind);
                }")

# Before its revision 29b27832 WAMR does not count what the block grows by, and counts it when the block is freed: the pool seems to
# lose and gain bytes.
set(count "heap->total_free_size -= (tot_size - tot_size_old);")
string(FIND "${text}" "${count}" counts)
if(counts EQUAL -1)
  edit("                hmu_set_size(hmu_old, tot_size);" "                hmu_set_size(hmu_old, tot_size);
                ${count}
                if (heap->current_size - heap->total_free_size > heap->highmark_size)
                    heap->highmark_size = heap->current_size - heap->total_free_size;")
endif()

end_edits()
