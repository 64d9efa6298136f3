#include "wamr_app.h"

// Whether it freezes. Values are in millionths.
bool freezes(sensor_t thermometer, bool *result, wamr_error_t *error) {
    int64_t temperature;
    if (!sensor_read(thermometer, TEXT("ambient-temp"), &temperature, error)) {
        return false;
    }
    *result = temperature < 0;
    return true;
}
