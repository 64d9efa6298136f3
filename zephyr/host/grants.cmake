# SPDX-License-Identifier: Apache-2.0
#
# Reads the names of the resources that apps can use from the node wamr,grants of the devicetree, for wamr-zephyr/build.rs. The C code
# of each group reads the resources themselves.

# Appends a line to `lines`: the group, then the names. The build ends with the lines to add if there are none. `property`: that of the
# resources, of which one is `example`. `names_property`: that of the names.
function(wamr_zephyr_grants group property names_property example)
  string(TOUPPER CONFIG_WAMR_ZEPHYR_HOST_${group} option)
  if(NOT ${option})
    return()
  endif()
  string(CONCAT advice "For example, in ${APPLICATION_SOURCE_DIR}/boards/${NORMALIZED_BOARD_TARGET}.overlay:\n"
    "    / {\n    \tgrants {\n    \t\tcompatible = \"wamr,grants\";\n"
    "    \t\t${property} = <${example}>;\n    \t\t${names_property} = \"my-${group}\";\n    \t};\n    };\n"
    "zephyr/dts/bindings/wamr,grants.yaml describes the node.")
  dt_comp_path(nodes COMPATIBLE "wamr,grants")
  list(LENGTH nodes count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${option}: the devicetree must have one node compatible with wamr,grants, which names what apps can use, "
      "and has ${count}. " "${advice}")
  endif()
  dt_prop(names PATH ${nodes} PROPERTY "${names_property}")
  # Zephyr ends each list with an empty element.
  list(FILTER names EXCLUDE REGEX "^$")
  list(LENGTH names count)
  if(count LESS 1 OR count GREATER 32)
    message(FATAL_ERROR "${option}: the property ${names_property} of ${nodes} must have 1 to 32 names, and has ${count}. " "${advice}")
  endif()
  foreach(name IN LISTS names)
    string(LENGTH "${name}" length)
    if(NOT name MATCHES "^[a-z0-9_-]+$" OR length GREATER 32)
      message(FATAL_ERROR "${option}: the name \"${name}\" in ${names_property} of ${nodes} must have 1 to 32 characters a-z, 0-9, - and _")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES names)
  list(LENGTH names different)
  if(NOT different EQUAL count)
    message(FATAL_ERROR "${option}: ${names_property} of ${nodes} has a name twice: apps could use only one of the two")
  endif()
  list(JOIN names " " names)
  set(lines "${lines}${group} ${names}\n" PARENT_SCOPE)
endfunction()

set(lines "")
wamr_zephyr_grants(gpio pins pin-names "&led0")
wamr_zephyr_grants(i2c i2c i2c-names "&i2c0")
wamr_zephyr_grants(spi spi spi-names "&my_device")
wamr_zephyr_grants(adc io-channels io-channel-names "&adc 0")
wamr_zephyr_grants(pwm pwm pwm-names "&pwm_led0")
wamr_zephyr_grants(crypto keys key-names "0")
wamr_zephyr_grants(sensor sensor sensor-names "&my_sensor")
wamr_zephyr_grants(uart uart uart-names "&uart1")
file(CONFIGURE OUTPUT ${APPLICATION_BINARY_DIR}/wamr-zephyr-grants.txt CONTENT "${lines}" @ONLY)
