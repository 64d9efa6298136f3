// An app for samples/c_app. Compile it with:
//     clang --target=wasm32 -Os -nostdlib -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=4096 \
//         -Wl,--initial-memory=65536 -o lamp.wasm lamp.c
#include <stdint.h>

__attribute__((import_module("led"), import_name("set"))) void led_set(int32_t led, int32_t on);

// Turns an LED on or off: 0 is the red one, 1 the green one.
__attribute__((export_name("set"))) void set(int32_t led, int32_t on) {
    led_set(led, on);
}
