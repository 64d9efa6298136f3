#include "wamr_app.h"

// Moves a servo to the middle: 1.5 ms of 20 ms.
bool center(pwm_channel_t *servo, wamr_error_t *error) {
    return pwm_open(TEXT("servo"), servo, error) && pwm_channel_set(*servo, 20000000, 1500000, error);
}
