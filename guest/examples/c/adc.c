#include "wamr_app.h"

// The voltage of a battery behind a divider by 2, in millivolts.
bool battery(int32_t *millivolts, wamr_error_t *error) {
    adc_channel_t channel;
    int32_t microvolts;
    if (!adc_open(TEXT("battery"), &channel, error)) {
        return false;
    }
    bool done = adc_channel_read(channel, &microvolts, error);
    adc_channel_close(channel);
    if (done) {
        *millivolts = microvolts * 2 / 1000;
    }
    return done;
}
