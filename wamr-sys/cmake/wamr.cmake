# SPDX-License-Identifier: Apache-2.0
#
# The one list of WAMR options that the `wamr` crate relies on, for the host build (../CMakeLists.txt) and for Zephyr's.
#
# Set before including: WAMR_ROOT_DIR, WAMR_BUILD_PLATFORM, WAMR_BUILD_FAST_INTERP (0 or 1), WAMR_SYS_NATIVE for a runtime that also
# executes native code, WAMR_SYS_NO_INTERPRETER for one that executes nothing else, WAMR_SYS_IN_PLACE where native code runs where it
# is, WAMR_SYS_HOST_FUNCTIONS_ONLY where all host functions are those of wamr-sys/src/host.rs, WAMR_SYS_MEMORY_FROM_POOL where
# src/hooks.rs provides linear memory and, when cross-compiling, WAMR_BUILD_TARGET. Sets WAMR_RUNTIME_LIB_SOURCE, the sources to
# compile in the including directory, and WAMR_INTERPRETER, the one of them that holds the interpreter's loop, if there is one.

# Properties of source files below find them by their real path.
get_filename_component(WAMR_ROOT_DIR ${WAMR_ROOT_DIR} REALPATH)

# Includes a part of WAMR unless a variable excludes it.
function(build_part_unless excluded part)
  if(${excluded})
    set(WAMR_BUILD_${part} 0 PARENT_SCOPE)
  else()
    set(WAMR_BUILD_${part} 1 PARENT_SCOPE)
  endif()
endfunction()

# For CONFIG_WAMR_ZEPHYR_INTERPRETER=n.
build_part_unless(WAMR_SYS_NO_INTERPRETER INTERP)
if(WAMR_SYS_NO_INTERPRETER)
  set(WAMR_BUILD_FAST_INTERP 0)
endif()
# For scripts/bench, which measures the cost of counting, and for CONFIG_WAMR_ZEPHYR_METERING=n. Without it nothing stops a loop.
build_part_unless(WAMR_SYS_UNMETERED INSTRUCTION_METERING)
set(WAMR_BUILD_BULK_MEMORY 1)
# For CONFIG_WAMR_ZEPHYR_REFERENCE_TYPES=n.
build_part_unless(WAMR_SYS_NO_REFERENCE_TYPES REF_TYPES)
# Recent LLVM uses this encoding of theirs even for plain C.
set(WAMR_BUILD_CALL_INDIRECT_OVERLONG 1)

# The mini loader does not validate. Shrunk memory relies on what a module exports.
# Native code runs unchecked, so a build has to ask for it. WASI on Zephyr is not safe for several instances; guests get typed host functions instead.
set(WAMR_BUILD_MINI_LOADER 0)
set(WAMR_BUILD_SHRUNK_MEMORY 0)
if(WAMR_SYS_NATIVE)
  set(WAMR_BUILD_AOT 1)
  set(WAMR_BUILD_QUICK_AOT_ENTRY 0)
else()
  set(WAMR_BUILD_AOT 0)
endif()
set(WAMR_BUILD_JIT 0)
set(WAMR_BUILD_FAST_JIT 0)
set(WAMR_BUILD_SIMD 0)
set(WAMR_BUILD_LIBC_BUILTIN 0)
set(WAMR_BUILD_LIBC_WASI 0)
set(WAMR_BUILD_MULTI_MODULE 0)
set(WAMR_BUILD_LIB_PTHREAD 0)
set(WAMR_BUILD_THREAD_MGR 0)

# Bounds are checked by code, as on a microcontroller: no signal handlers in the host program, and the same limits there.
set(WAMR_DISABLE_HW_BOUND_CHECK 1)
# On x86-64 every call would set a register that only AOT code reads, which takes as long as half of the call.
set(WAMR_DISABLE_WRITE_GS_BASE 1)

include(${WAMR_ROOT_DIR}/build-scripts/runtime_lib.cmake)

# Start functions run in an execution environment that WAMR creates without a limit (its #4047). The one that
# wamr-sys/src/hooks.rs creates instead has the native stack's limit of the instantiation; instructions are metered everywhere.
set_property(SOURCE ${WAMR_ROOT_DIR}/core/iwasm/interpreter/wasm_runtime.c
  APPEND PROPERTY COMPILE_DEFINITIONS wasm_exec_env_create=wamr_sys_exec_env_create)

# WAMR maps linear memory from the operating system on a host. With these it comes from the pool (src/hooks.rs), as it does on
# Zephyr, so that a pool size found on a computer holds on a device.
if(WAMR_SYS_MEMORY_FROM_POOL)
  set_property(SOURCE ${WAMR_ROOT_DIR}/core/iwasm/common/wasm_memory.c APPEND PROPERTY COMPILE_DEFINITIONS
    os_mmap=wamr_sys_mmap os_munmap=wamr_sys_munmap os_mprotect=wamr_sys_mprotect)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/edit.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/allocator.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/app_heap.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/loader.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/loading.cmake)
if(WAMR_BUILD_FAST_INTERP)
  include(${CMAKE_CURRENT_LIST_DIR}/memory_access.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/branches.cmake)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/pages.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/references.cmake)
if(WAMR_BUILD_FAST_INTERP AND WAMR_BUILD_INSTRUCTION_METERING)
  include(${CMAKE_CURRENT_LIST_DIR}/runs.cmake)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/start.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/structures.cmake)
if(WAMR_SYS_NATIVE)
  include(${CMAKE_CURRENT_LIST_DIR}/native.cmake)
endif()
if(WAMR_SYS_IN_PLACE)
  include(${CMAKE_CURRENT_LIST_DIR}/in_place.cmake)
endif()
if(WAMR_BUILD_INTERP)
  include(${CMAKE_CURRENT_LIST_DIR}/interpreter.cmake)
endif()
include_edited_headers()

if(WAMR_BUILD_INTERP AND WAMR_BUILD_TARGET MATCHES "^X86")
  # For errno GCC calls sqrt with negative numbers. On native_sim that is Rust's, which takes them from other registers.
  set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY COMPILE_OPTIONS
    -fno-math-errno -include ${CMAKE_CURRENT_LIST_DIR}/x86.h)
endif()
