#include "wamr_app.h"

enum { TICK, TIMEOUT };

bool start_timers(wamr_error_t *error) {
    return timer_start_periodic(TICK, 1000, error) && timer_start(TIMEOUT, 30000, error);
}
