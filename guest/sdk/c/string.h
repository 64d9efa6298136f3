// What app.c needs of the C library. runtime.c defines it.
#pragma once
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
size_t strlen(const char *string);
