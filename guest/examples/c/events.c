#include "wamr_app.h"

enum { TICK, DOOR };

void on_event(const app_event_t *event) {
    if (event->tag == EVENT_TIMER && event->val.timer.id == TICK) {
        log_log(WAMR_DEVICE_LOG_LEVEL_INFO, TEXT("tick"));
    }
    if (event->tag == EVENT_PIN && event->val.pin.id == DOOR && event->val.pin.active) {
        log_log(WAMR_DEVICE_LOG_LEVEL_INFO, TEXT("the door opens"));
    }
}
