# SPDX-License-Identifier: Apache-2.0
#
# WAMR before its revision 29b27832 does not count what a block of the pool takes when it grows in place, and counts it when the
# block is freed: the pool seems to lose and gain bytes. Sources that have this mistake are compiled from a copy that
# counts.
#
# Included by wamr.cmake.

set(allocator ${WAMR_ROOT_DIR}/core/shared/mem-alloc/ems/ems_alloc.c)
set(count "heap->total_free_size -= (tot_size - tot_size_old);")
set(grow "                hmu_set_size(hmu_old, tot_size);")

file(READ ${allocator} text)
string(FIND "${text}" "${count}" counts)
if(counts EQUAL -1)
  string(FIND "${text}" "${grow}" grows)
  if(grows EQUAL -1)
    message(FATAL_ERROR "${allocator} is not as this project knows it: see wamr-sys/UPGRADE.md.")
  endif()
  string(REPLACE "${grow}" "${grow}
                ${count}
                if (heap->current_size - heap->total_free_size > heap->highmark_size)
                    heap->highmark_size = heap->current_size - heap->total_free_size;" text "${text}")
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/ems_alloc.c)
  file(CONFIGURE OUTPUT ${copy} CONTENT "${text}" @ONLY)
  set_property(SOURCE ${copy} APPEND PROPERTY INCLUDE_DIRECTORIES ${WAMR_ROOT_DIR}/core/shared/mem-alloc/ems)
  list(FILTER WAMR_RUNTIME_LIB_SOURCE EXCLUDE REGEX "/ems_alloc.c$")
  list(APPEND WAMR_RUNTIME_LIB_SOURCE ${copy})
endif()
