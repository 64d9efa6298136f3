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
