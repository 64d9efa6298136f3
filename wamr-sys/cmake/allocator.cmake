# SPDX-License-Identifier: Apache-2.0
#
# Mistakes of WAMR's allocator when a block of the pool grows in place, and what src/heap.rs needs to fit a heap to its contents.
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

# A heap that is cut ends behind its last block, so gaps between blocks are lost. While a module is loaded, blocks that are freed before
# long therefore come from the end of free memory, and those that stay from the beginning of the largest part of it.
edit("static hmu_t *
alloc_hmu(gc_heap_t *heap, gc_size_t size)
{" "static enum wamr_sys_use { BEST_FIT, FOR_A_WHILE, TO_KEEP } wamr_sys_use;

/* The purpose of the blocks that are allocated next. */
void
wamr_sys_allocate(int use)
{
    wamr_sys_use = (enum wamr_sys_use)use;
}

static hmu_t *
alloc_hmu(gc_heap_t *heap, gc_size_t size)
{")
edit("    if (HMU_IS_FC_NORMAL(size)) {
        /* find a non-empty slot" "    if (HMU_IS_FC_NORMAL(size) && wamr_sys_use != TO_KEEP) {
        /* find a non-empty slot")
edit("        last_tp = tp;
        tp = tp->left;" "        last_tp = tp;
        tp = wamr_sys_use == TO_KEEP ? tp->right : tp->left;")
edit("            return NULL;

        if (last_tp->size >= size + GC_SMALLEST_SIZE) {" "            return NULL;

        if (wamr_sys_use == FOR_A_WHILE && last_tp->size >= size + GC_SMALLEST_SIZE) {
            gc_size_t rest_size = last_tp->size - size;
            if (!gci_add_fc(heap, (hmu_t *)last_tp, rest_size))
                return NULL;
            last_tp = (hmu_tree_node_t *)((char *)last_tp + rest_size);
            last_tp->hmu_header.header = 0;
            next = (hmu_t *)((char *)last_tp + size);
            if (hmu_is_in_heap(next, base_addr, end_addr))
                hmu_mark_pinuse(next);
        }
        else if (last_tp->size >= size + GC_SMALLEST_SIZE) {")

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

# The memory behind the last block of a heap can leave it, and so can the end of a block.
string(APPEND text "
/* Gives the size of the largest block that can be allocated. */
uint32
wamr_sys_heap_largest(gc_heap_t *heap)
{
    char *chunk = (char *)heap->base_addr, *end = chunk + heap->current_size;
    uint32 largest = OBJ_EXTRA_SIZE;
    for (; chunk < end; chunk += hmu_get_size((hmu_t *)chunk))
        if (hmu_get_ut((hmu_t *)chunk) == HMU_FC && hmu_get_size((hmu_t *)chunk) > largest)
            largest = hmu_get_size((hmu_t *)chunk);
    return largest - OBJ_EXTRA_SIZE;
}

/* Ends the heap behind its last block, but keeps so many free bytes there if it has them. Gives its end. */
void *
wamr_sys_heap_cut(gc_heap_t *heap, uint32 keep)
{
    char *last = (char *)heap->base_addr, *end = last + heap->current_size;
    uint32 size;
    while ((size = hmu_get_size((hmu_t *)last)) < (uint32)(end - last))
        last += size;
    if (hmu_get_ut((hmu_t *)last) != HMU_FC || size <= keep)
        return end;
    keep = keep > 0 && keep < GC_SMALLEST_SIZE ? GC_SMALLEST_SIZE : GC_ALIGN_8(keep);
    if (size <= keep || !unlink_hmu(heap, (hmu_t *)last))
        return end;
    heap->current_size -= size - keep;
    heap->total_free_size -= size - keep;
    if (keep > 0)
        gci_add_fc(heap, (hmu_t *)last, keep);
    return last + keep;
}

/* Frees the end of a block, behind so many bytes. */
void
wamr_sys_heap_shorten(gc_heap_t *heap, void *block, uint32 size)
{
    hmu_t *hmu = obj_to_hmu(block), *rest;
    uint32 before = hmu_get_size(hmu), now = GC_GET_REAL_SIZE(size);
    if (before < now + GC_SMALLEST_SIZE)
        return;
    hmu_set_size(hmu, now);
    rest = (hmu_t *)((char *)hmu + now);
    rest->header = 0;
    hmu_set_ut(rest, HMU_VO);
    hmu_set_size(rest, before - now);
    hmu_mark_pinuse(rest);
    gc_free_vo(heap, hmu_to_obj(rest));
}
")

end_edits()

# A heap as large as what is free is made for each module that is loaded: its memory is not cleared first, as blocks have old content
# anyway.
begin_edits(core/shared/mem-alloc/ems/ems_kfc.c)
edit("    memset(base_addr, 0, heap_max_size);
" "")
end_edits()
