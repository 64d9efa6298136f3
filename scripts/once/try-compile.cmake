# SPDX-License-Identifier: Apache-2.0
#
# For CMAKE_PROJECT_TOP_LEVEL_INCLUDES of builds that share what they compile (scripts/shared-builds). Picolibc asks the compiler about
# fifty options, each time by a project of its own: a third of CMake's time. The answers are the same for the same compiler.

function(try_compile result)
  if(NOT CMAKE_CURRENT_SOURCE_DIR MATCHES "/modules/lib/picolibc$" OR NOT IS_DIRECTORY "$ENV{ONCE}")
    _try_compile(${result} ${ARGN})
    return()
  endif()
  string(REPLACE "${PROJECT_BINARY_DIR}" "" question "${ARGN}")
  string(SHA256 question "${CMAKE_C_COMPILER} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_C_FLAGS} ${CMAKE_TRY_COMPILE_TARGET_TYPE} ${question}")
  set(answer "$ENV{ONCE}/answers/${question}")
  if(EXISTS "${answer}")
    file(READ "${answer}" value)
    set(${result} "${value}" CACHE INTERNAL "Result of try_compile")
    return()
  endif()
  _try_compile(${result} ${ARGN})
  # By a name of its own first: another build may ask the same.
  string(RANDOM LENGTH 16 own)
  file(WRITE "${answer}.${own}" "${${result}}")
  file(RENAME "${answer}.${own}" "${answer}")
endfunction()
