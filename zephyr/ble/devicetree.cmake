# SPDX-License-Identifier: Apache-2.0
#
# What the service needs of the devicetree: if it is missing, the build ends with the lines to add.

dt_chosen(controller PROPERTY "zephyr,bt-hci")
if(NOT controller)
  message(FATAL_ERROR "CONFIG_WAMR_ZEPHYR_BLE needs a Bluetooth controller, and the devicetree of ${BOARD}${BOARD_QUALIFIERS} does not choose one. "
    "Use a board with Bluetooth, or choose the node of a controller (bindings: zephyr/dts/bindings/bluetooth) in\n"
    "    ${APPLICATION_SOURCE_DIR}/boards/${NORMALIZED_BOARD_TARGET}.overlay\n"
    "    / {\n    \tchosen {\n    \t\tzephyr,bt-hci = &bt_hci_uart;\n    \t};\n    };\n"
    "CONFIG_WAMR_ZEPHYR_SLOT is the service without Bluetooth.")
endif()

# Zephyr's settings look for their partition in the same way.
dt_chosen(bonds PROPERTY "zephyr,settings-partition")
if(NOT bonds)
  dt_nodelabel(bonds NODELABEL "storage_partition")
endif()
if(NOT bonds AND CONFIG_WAMR_ZEPHYR_BLE_PAIRING AND (CONFIG_SETTINGS_NVS OR CONFIG_SETTINGS_ZMS OR CONFIG_SETTINGS_FCB))
  message(FATAL_ERROR "CONFIG_WAMR_ZEPHYR_BLE stores the bonds of paired clients in the partition storage_partition, which the devicetree does not "
    "have. Most boards of Zephyr have one, such as ${ZEPHYR_BASE}/dts/common/nordic/nrf5340_cpuapp_partition.dtsi. "
    "Add two or more erase pages of free flash to\n"
    "    ${APPLICATION_SOURCE_DIR}/boards/${NORMALIZED_BOARD_TARGET}.overlay\n"
    "    &flash0 {\n    \tpartitions {\n    \t\tstorage_partition: partition@f8000 {\n"
    "    \t\t\tlabel = \"storage\";\n    \t\t\treg = <0x000f8000 0x00008000>;\n    \t\t};\n    \t};\n    };\n"
    "CONFIG_WAMR_ZEPHYR_BLE_OPEN=y does without pairing, for development.")
endif()
