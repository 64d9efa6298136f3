#include "wamr_app.h"

// The lamp is on while the button is pressed. `gpio_open_digital_in` and `gpio_open_digital_out` open them.
bool follow(digital_in_pin_t button, digital_out_pin_t lamp, wasi_gpio_digital_gpio_error_t *error) {
    wasi_gpio_digital_pin_state_t state;
    return digital_in_pin_read(button, &state, error) && digital_out_pin_set_state(lamp, state, error);
}
