// An app for samples/c_app. Compile it with:
//     clang --target=wasm32 -Os -nostdlib -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=4096 \
//         -Wl,--initial-memory=65536 -o average.wasm average.c
#include <stdint.h>

#define IMPORT(function) __attribute__((import_module("sensor"), import_name(#function))) sensor_##function
#define EXPORT(function) __attribute__((export_name(#function))) function

int32_t IMPORT(read)(int32_t channel);
int32_t IMPORT(unit)(void *address, uint32_t size);

// The average of four readings of a channel.
int32_t EXPORT(average)(int32_t channel) {
    int32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += sensor_read(channel);
    }
    return sum / 4;
}

// The first letter of the unit.
int32_t EXPORT(unit)(void) {
    static char text[8];
    return sensor_unit(text, sizeof(text)) == 2 ? text[0] : -1;
}

// Asks for bytes outside its memory.
int32_t EXPORT(wild)(void) {
    return sensor_unit((void *)0xfffffff0, 64);
}
