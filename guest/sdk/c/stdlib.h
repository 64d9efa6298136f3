// What app.c needs of the C library. runtime.c defines it.
#pragma once
#include <stddef.h>

void *malloc(size_t size);
void *realloc(void *pointer, size_t size);
void free(void *pointer);
_Noreturn void abort(void);
