# SPDX-License-Identifier: Apache-2.0
#
# Builds wamr-zephyr/c-api in place of the crate of a Rust application.

# zephyr-lang-rust builds the crate in the current source directory and links it to `app`, with a main() that calls Rust.
function(wamr_zephyr_c_api)
  set(CMAKE_CURRENT_SOURCE_DIR ${ZEPHYR_WAMR_ZEPHYR_MODULE_DIR}/wamr-zephyr/c-api)
  rust_cargo_application()
  # The application's own main() stays; rust.c has the rest of that file.
  get_target_property(sources app SOURCES)
  list(REMOVE_ITEM sources ${RUST_MODULE_DIR}/main.c)
  set_property(TARGET app PROPERTY SOURCES ${sources})
endfunction()

# In the application's directory, as if its CMakeLists.txt ended with rust_cargo_application().
cmake_language(DEFER DIRECTORY ${APPLICATION_SOURCE_DIR} CALL wamr_zephyr_c_api)
