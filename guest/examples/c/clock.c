#include "wamr_app.h"

bool started_recently(void) {
    return clock_now() < 60 * 1000000;
}
