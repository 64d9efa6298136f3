# SPDX-License-Identifier: Apache-2.0
#
# The partition of the slots is the application's to choose: if it has not, the build ends with the lines to add.

# The overlay of samples/ble_upload for this board, else that of another board as an example.
function(wamr_zephyr_sample_overlay path advice)
  set(boards ${ZEPHYR_WAMR_ZEPHYR_MODULE_DIR}/samples/ble_upload/boards)
  set(overlay ${boards}/${NORMALIZED_BOARD_TARGET}.overlay)
  if(EXISTS ${overlay})
    set(${advice} "These are the lines of the sample for this board:" PARENT_SCOPE)
  else()
    set(overlay ${boards}/nrf5340dk_nrf5340_cpuapp.overlay)
    set(${advice} "These are the lines of the sample for another board. Use the node of your flash, and a range of it that is free:" PARENT_SCOPE)
  endif()
  set(${path} ${overlay} PARENT_SCOPE)
endfunction()

dt_chosen(slots PROPERTY "wamr,slots")
if(NOT slots)
  wamr_zephyr_sample_overlay(overlay advice)
  file(READ ${overlay} lines)
  string(REGEX REPLACE "^/\\* SPDX[^\n]*\n+" "" lines "${lines}")
  string(STRIP "${lines}" lines)
  string(REPLACE "\n" "\n    " lines "${lines}")
  message(FATAL_ERROR "wamr-zephyr stores apps in a flash partition, and the devicetree does not choose one as wamr,slots. Add a partition "
    "to this file:\n    ${APPLICATION_SOURCE_DIR}/boards/${NORMALIZED_BOARD_TARGET}.overlay\n"
    "${advice}\n    ${overlay}\n    ${lines}\n"
    "The partition must not overlap another one: delete those that you do not need.")
endif()

if(NOT CONFIG_FLASH_MAP)
  message(FATAL_ERROR "wamr-zephyr stores apps in a flash partition, which needs CONFIG_FLASH_MAP and a driver for the flash. "
    "Remove CONFIG_FLASH_MAP=n, and enable the devicetree node of the flash that holds ${slots}.")
endif()
