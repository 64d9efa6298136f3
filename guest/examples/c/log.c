#include "wamr_app.h"

void greet(void) {
    log_log(WAMR_DEVICE_LOG_LEVEL_INFO, TEXT("the app starts"));
}
