// A low-pass filter for 16-bit samples: a 9-tap FIR with binomial coefficients, which sum to 256.
//
// The caller writes up to `capacity()` samples at address `samples()`, calls `filter(count)` and reads the result from the same
// place. The filter remembers the last samples, so a long signal can be passed in blocks.
#include "sdk/wamr.h"

enum { TAPS = 9, CAPACITY = 512 };

static const int16_t coefficients[TAPS] = {1, 8, 28, 56, 70, 56, 28, 8, 1};
static int16_t buffer[CAPACITY];
static int16_t history[TAPS]; // newest sample first

int16_t *EXPORT(samples)(void) { return buffer; }

uint32_t EXPORT(capacity)(void) { return CAPACITY; }

// Takes one sample and returns one filtered sample.
int32_t EXPORT(feed)(int32_t sample) {
    for (int i = TAPS - 1; i > 0; i--)
        history[i] = history[i - 1];
    history[0] = (int16_t)sample;
    int32_t sum = 128; // rounds to nearest
    for (int i = 0; i < TAPS; i++)
        sum += history[i] * coefficients[i];
    return sum >> 8;
}

// Filters the first `count` samples in place and returns how many it filtered: never more than fit.
uint32_t EXPORT(filter)(uint32_t count) {
    if (count > CAPACITY)
        count = CAPACITY;
    for (uint32_t i = 0; i < count; i++)
        buffer[i] = (int16_t)feed(buffer[i]);
    return count;
}
