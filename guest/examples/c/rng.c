#include "wamr_app.h"

void nonce(app_list_u8_t *bytes) {
    rng_bytes(12, bytes);
}
