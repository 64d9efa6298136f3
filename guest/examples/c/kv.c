#include "wamr_app.h"

// Counts the starts of the app.
bool count_start(wamr_error_t *error) {
    uint8_t starts = 0;
    app_list_u8_t value;
    if (kv_get(TEXT("starts"), 1, &value, error)) {
        starts = value.len == 1 ? value.ptr[0] : 0;
    } else if (*error != WAMR_DEVICE_TYPES_ERROR_NOT_FOUND) {
        return false;
    }
    starts++;
    return kv_set(TEXT("starts"), BYTES(&starts, 1), error);
}
