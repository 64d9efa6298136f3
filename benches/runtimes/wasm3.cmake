# SPDX-License-Identifier: Apache-2.0
#
# Compiles wasm3's sources in the crate wasm3x-sys, which Cargo.lock pins. The crate's own build script knows no C library for this
# target.

execute_process(
  COMMAND cargo metadata --locked --format-version=1
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  OUTPUT_VARIABLE metadata
  COMMAND_ERROR_IS_FATAL ANY
)
string(REGEX MATCH "\"([^\"]*/wasm3x-sys-[^\"]*)/Cargo.toml\"" _ "${metadata}")
set(wasm3 ${CMAKE_MATCH_1}/wasm3/source)
file(GLOB sources ${wasm3}/m3_*.c)
list(FILTER sources EXCLUDE REGEX "m3_api_")

target_sources(app PRIVATE ${sources})
# As its makers compile it, with their settings for small boards (m3_config_platforms.h); code pages of 32 KiB are too large for one.
set_source_files_properties(${sources} PROPERTIES
  COMPILE_OPTIONS "-O3;-w;-I${wasm3}"
  COMPILE_DEFINITIONS "d_m3MaxFunctionStackHeight=256;d_m3CodePageAlignSize=1024;d_m3VerboseErrorMessages=0;d_m3LogOutput=0"
)
