# SPDX-License-Identifier: Apache-2.0
#
# On a chip with a core of its own for the radio, build Zephyr's Bluetooth controller for it. Its settings are in
# sysbuild/hci_ipc.conf.

if(SB_CONFIG_NETCORE_BOARD)
  ExternalZephyrProject_Add(
    APPLICATION hci_ipc
    SOURCE_DIR ${ZEPHYR_BASE}/samples/bluetooth/hci_ipc
    BOARD ${SB_CONFIG_NETCORE_BOARD}
  )
endif()

# BabbleSim runs both cores in one program.
if(SB_CONFIG_NETCORE_BOARD MATCHES "^nrf5340bsim/")
  native_simulator_set_primary_mcu_index(${DEFAULT_IMAGE} hci_ipc)
  native_simulator_set_child_images(${DEFAULT_IMAGE} hci_ipc)
  native_simulator_set_final_executable(${DEFAULT_IMAGE})
endif()
