#include "wamr_app.h"

bool was_hung_up(void) {
    return system_last_reset() == WAMR_DEVICE_SYSTEM_RESET_REASON_WATCHDOG;
}
