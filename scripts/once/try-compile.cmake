# SPDX-License-Identifier: Apache-2.0
#
# For CMAKE_PROJECT_TOP_LEVEL_INCLUDES of builds that share what they compile (scripts/shared-builds). Picolibc asks the compiler about
# fifty options, each time by a project of its own: a third of CMake's time. The answers are the same for the same compiler, and
# scripts/twister forgets them before each run.

# A macro: the checks of other projects also read the variables that try_compile sets.
macro(try_compile result)
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "/modules/lib/picolibc$" AND IS_DIRECTORY "$ENV{ONCE}")
    remember_try_compile(${result} ${ARGN})
  else()
    _try_compile(${result} ${ARGN})
  endif()
endmacro()

function(remember_try_compile result directory source)
  file(SHA256 "${source}" question)
  string(SHA256 question
    "${CMAKE_C_COMPILER} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_C_FLAGS} ${CMAKE_TRY_COMPILE_TARGET_TYPE} ${question} ${ARGN}")
  set(answer "$ENV{ONCE}/answers/${question}")
  if(EXISTS "${answer}")
    file(READ "${answer}" value)
    set(${result} "${value}" CACHE INTERNAL "Result of try_compile")
    return()
  endif()
  _try_compile(${result} "${directory}" "${source}" ${ARGN})
  # Written under a unique name and renamed, because another build may store the same answer.
  string(RANDOM LENGTH 16 unique)
  file(WRITE "${answer}.${unique}" "${${result}}")
  file(RENAME "${answer}.${unique}" "${answer}")
endfunction()
