# SPDX-License-Identifier: Apache-2.0
#
# Edits of WAMR's sources, which are made in a copy in the build directory and fail where the sources are not as expected. Edits of a
# file that this build does not compile have no effect.

# The files that have been edited, so far.
set(edited_files "")

# Begins to edit a file, named from WAMR's root, or goes on with it.
macro(begin_edits path)
  set(original ${WAMR_ROOT_DIR}/${path})
  get_filename_component(edited ${path} NAME)
  set(is_compiled 0)
  if("${WAMR_RUNTIME_LIB_SOURCE}" MATCHES "/${edited}(;|$)")
    set(is_compiled 1)
  endif()
  if(edited IN_LIST edited_files)
    file(READ ${CMAKE_CURRENT_BINARY_DIR}/${edited} text)
  else()
    file(READ ${original} text)
    string(PREPEND text "#line 1 \"${edited}\"\n")
  endif()
endmacro()

# Replaces `old` in the variable `text`, which holds the file named by the variable `edited`; it must occur exactly once.
function(edit old new)
  if(NOT is_compiled)
    return()
  endif()
  string(FIND "${text}" "${old}" first)
  string(FIND "${text}" "${old}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${edited} in ${WAMR_ROOT_DIR} is not as this project knows it, at: ${old}\n"
      "Use the revision of WAMR that west.yml pins, or see wamr-sys/UPGRADE.md.")
  endif()
  string(REPLACE "${old}" "${new}" text "${text}")
  set(text "${text}" PARENT_SCOPE)
endfunction()

# Inserts `new` before `old`, which must occur exactly once.
function(insert_before old new)
  edit("${old}" "${new}${old}")
  set(text "${text}" PARENT_SCOPE)
endfunction()

# Has the edited file compiled in place of the original, with the same definitions.
macro(end_edits)
  if(is_compiled)
    replace_by_edited()
  endif()
endmacro()

macro(replace_by_edited)
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/${edited})
  file(CONFIGURE OUTPUT ${copy} CONTENT "${text}" @ONLY)
  if(NOT edited IN_LIST edited_files)
    list(APPEND edited_files ${edited})
    get_filename_component(directory ${original} DIRECTORY)
    get_property(definitions SOURCE ${original} PROPERTY COMPILE_DEFINITIONS)
    set_property(SOURCE ${copy} APPEND PROPERTY COMPILE_DEFINITIONS ${definitions})
    set_property(SOURCE ${copy} APPEND PROPERTY INCLUDE_DIRECTORIES ${directory})
    list(FILTER WAMR_RUNTIME_LIB_SOURCE EXCLUDE REGEX "/${edited}$")
    list(APPEND WAMR_RUNTIME_LIB_SOURCE ${copy})
  endif()
endmacro()

# Has a header included before anything else in some of the source files.
macro(include_before sources header)
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS -include${header})
endmacro()

# Begins to edit a header of the interpreter.
macro(begin_header_edits path)
  begin_edits(${path})
  set(is_compiled 1)
endmacro()

# Ends the edits of a header. The copy comes first in each source file, so the guard in it keeps the original out.
macro(end_header_edits)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${edited} CONTENT "${text}" @ONLY)
  list(APPEND edited_headers ${CMAKE_CURRENT_BINARY_DIR}/${edited})
endmacro()

# Has the edited headers included. All sources are known now.
macro(include_edited_headers)
  set(including ${WAMR_RUNTIME_LIB_SOURCE})
  list(FILTER including INCLUDE REGEX "\\.c$")
  list(FILTER including EXCLUDE REGEX "/shared/|/ems_[a-z]+\\.c$")
  foreach(header ${edited_headers})
    include_before("${including}" ${header})
  endforeach()
endmacro()
