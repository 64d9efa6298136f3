// An app that filters by itself: it takes a sample whenever its timer expires, and keeps what fir.c makes of it. The twenty apps of
// tests/crowd are copies of it.
#include "fir.c"

enum { TIMER = 1, PERIOD_MS = 100 };

// `wamr:device/timer` as the Canonical ABI flattens it. The result is an error if its first byte is not 0.
__attribute__((import_module("wamr:device/timer@0.1.0"), import_name("start-periodic"))) void
timer_start_periodic(uint32_t id, uint32_t period_ms, uint8_t result[2]);

static uint32_t count;
static int32_t last;

// Starts the timer. The device calls it once.
void EXPORT(start)(void) {
    uint8_t result[2];
    timer_start_periodic(TIMER, PERIOD_MS, result);
    if (result[0])
        __builtin_trap();
}

// Takes a sample for each time that the timer expired.
__attribute__((export_name("on-event"))) void on_event(uint32_t event, uint32_t id, uint32_t times) {
    (void)event;
    (void)id;
    for (; times > 0; times--)
        last = feed((int32_t)(count++ & 255));
}

// Returns how many samples it has taken.
uint32_t EXPORT(taken)(void) { return count; }

// Returns the latest filtered sample.
int32_t EXPORT(latest)(void) { return last; }
