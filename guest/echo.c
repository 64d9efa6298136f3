// An audio effect in blocks, as `BlockCallback` calls it: a low-pass filter and an echo for 16-bit samples of one channel. All numbers are
// integers, so every processor has the same results.
#include "sdk/wamr.h"

enum { CAPACITY = 128, DELAY = 480 };

static int16_t in[CAPACITY], out[CAPACITY];

// A Butterworth low-pass at a twelfth of the sample rate, with coefficients of 12 fractional bits.
enum { B0 = 203, B1 = 406, B2 = 203, A1 = -5241, A2 = 1956, FRACTION = 12 };
static int32_t x1, x2, y1, y2;

static int16_t line[DELAY];
static uint32_t position;

int16_t *EXPORT(input)(void) { return in; }

int16_t *EXPORT(output)(void) { return out; }

uint32_t EXPORT(inputs)(void) { return 1; }

uint32_t EXPORT(outputs)(void) { return 1; }

uint32_t EXPORT(capacity)(void) { return CAPACITY; }

static int32_t clip(int32_t sample) { return sample < INT16_MIN ? INT16_MIN : sample > INT16_MAX ? INT16_MAX : sample; }

void EXPORT(process)(const int16_t *from, int16_t *to, uint32_t frames) {
    for (; frames > 0; frames--) {
        int32_t x = *from++;
        int32_t y = clip((B0 * x + B1 * x1 + B2 * x2 - A1 * y1 - A2 * y2) >> FRACTION);
        x2 = x1, x1 = x;
        y2 = y1, y1 = y;

        // Each echo is half as loud as the one before.
        int32_t sample = clip(y + line[position] / 2);
        line[position] = (int16_t)sample;
        position = position + 1 < DELAY ? position + 1 : 0;
        *to++ = (int16_t)sample;
    }
}
