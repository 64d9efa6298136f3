#include "wamr_app.h"

// Reads register 0 of the device with address 0x48.
bool temperature(i2c_t bus, int16_t *result) {
    wasi_i2c_i2c_error_code_t error;
    app_list_u8_t bytes;
    if (!i2c_write_read(bus, 0x48, BYTES("\0", 1), 2, &bytes, &error)) {
        return false;
    }
    *result = (int16_t)(bytes.ptr[0] << 8 | bytes.ptr[1]);
    return true;
}
