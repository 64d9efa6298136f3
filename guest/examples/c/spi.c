#include "wamr_app.h"

// Sends a byte, and receives one at the same time.
bool exchange(spi_device_t device, uint8_t *byte) {
    wasi_spi_spi_error_t error;
    app_list_u8_t received;
    if (!spi_device_transfer(device, BYTES(byte, 1), &received, &error)) {
        return false;
    }
    *byte = received.ptr[0];
    return true;
}
