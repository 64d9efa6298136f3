// Blinks the LED `led0`: half a second on, half a second off.
#include "wamr_app.h"

enum { TICK };

static gpio_output_pin_t led;

void start(void) {
    wamr_error_t error;
    if (!timer_start_periodic(TICK, 500, &error) || !gpio_open_output(TEXT("led0"), false, &led, &error)) {
        // The device restarts the app as its manifest says.
        __builtin_trap();
    }
}

void on_event(const app_event_t *event) {
    wamr_error_t error;
    if (event->tag == EVENT_TIMER && event->val.timer.id == TICK) {
        gpio_output_pin_set(led, !gpio_output_pin_is_set_active(led), &error);
    }
}
