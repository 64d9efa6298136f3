#include "wamr_app.h"

// Proves that a measurement comes from this device. The code has 32 bytes.
bool authenticate(const uint8_t *measurement, size_t length, app_list_u8_t *code, wamr_error_t *error) {
    return crypto_hmac_sha256(TEXT("telemetry"), BYTES(measurement, length), code, error);
}
