// Memory for what the device returns, and the exports of the app.
#include "wamr_app.h"
#include <stdlib.h>
#include <string.h>

// The most bytes of strings and lists that an app receives in one call of `start` or `on_event`.
#ifndef WAMR_APP_HEAP
#define WAMR_APP_HEAP 1024
#endif

static _Alignas(8) uint8_t heap[WAMR_APP_HEAP];
static size_t used;

void exports_app_start(void) {
    used = 0;
    start();
}

void exports_app_on_event(app_event_t *event) {
    used = 0;
    on_event(event);
}

void *malloc(size_t size) {
    size_t start = (used + 7) & ~(size_t)7;
    if (size > sizeof heap - start) {
        abort();
    }
    used = start + size;
    return heap + start;
}

// The size of the old block is not known, so this copies what can belong to it at most.
void *realloc(void *pointer, size_t size) {
    uint8_t *block = malloc(size);
    if (pointer != NULL) {
        size_t rest = (size_t)(block - (uint8_t *)pointer);
        memcpy(block, pointer, size < rest ? size : rest);
    }
    return block;
}

void free(void *pointer) {
    (void)pointer;
}

_Noreturn void abort(void) {
    __builtin_trap();
}

__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

__attribute__((no_builtin)) size_t strlen(const char *string) {
    size_t length = 0;
    while (string[length] != 0) {
        length++;
    }
    return length;
}
