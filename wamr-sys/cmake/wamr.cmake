# SPDX-License-Identifier: Apache-2.0
#
# The one list of WAMR options that the `wamr` crate relies on, for the host build (../CMakeLists.txt) and for Zephyr's.
#
# Set before including: WAMR_ROOT_DIR, WAMR_BUILD_PLATFORM, WAMR_BUILD_FAST_INTERP (0 or 1), WAMR_SYS_HOST_FUNCTIONS_ONLY where
# all host functions are those of wamr-sys/src/host.rs and, when cross-compiling, WAMR_BUILD_TARGET. Sets
# WAMR_RUNTIME_LIB_SOURCE, the sources to compile in the including directory, and WAMR_INTERPRETER, the one of them that holds the
# interpreter's loop.

# Properties of source files below find them by their real path.
get_filename_component(WAMR_ROOT_DIR ${WAMR_ROOT_DIR} REALPATH)

set(WAMR_BUILD_INTERP 1)
# For scripts/bench, which measures what counting costs, and for CONFIG_WAMR_ZEPHYR_METERING=n. Without it nothing stops a loop.
if(WAMR_SYS_UNMETERED)
  set(WAMR_BUILD_INSTRUCTION_METERING 0)
else()
  set(WAMR_BUILD_INSTRUCTION_METERING 1)
endif()
set(WAMR_BUILD_BULK_MEMORY 1)
# For CONFIG_WAMR_ZEPHYR_REFERENCE_TYPES=n.
if(WAMR_SYS_NO_REFERENCE_TYPES)
  set(WAMR_BUILD_REF_TYPES 0)
else()
  set(WAMR_BUILD_REF_TYPES 1)
endif()
# Recent LLVM uses this encoding of theirs even for plain C.
set(WAMR_BUILD_CALL_INDIRECT_OVERLONG 1)

# The mini loader does not validate. Shrunk memory makes sizes that WAMR rounds up when it checks bounds (its #5080).
# AOT code runs unchecked. WASI on Zephyr is not safe for several instances; guests get typed host functions instead.
set(WAMR_BUILD_MINI_LOADER 0)
set(WAMR_BUILD_SHRUNK_MEMORY 0)
set(WAMR_BUILD_AOT 0)
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

include(${CMAKE_CURRENT_LIST_DIR}/edit.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/allocator.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/loader.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/references.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/start.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/interpreter.cmake)

if(WAMR_BUILD_TARGET MATCHES "^X86")
  # For errno GCC calls sqrt with negative numbers. On native_sim that is Rust's, which takes them from other registers.
  set_property(SOURCE ${WAMR_INTERPRETER} APPEND PROPERTY COMPILE_OPTIONS
    -fno-math-errno -include ${CMAKE_CURRENT_LIST_DIR}/x86.h)
endif()
