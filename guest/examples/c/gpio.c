#include "wamr_app.h"

enum { DOOR };

static gpio_input_pin_t door;
static gpio_output_pin_t lamp;

bool open_pins(wamr_error_t *error) {
    bool is_open;
    return gpio_open_input(TEXT("door"), WAMR_DEVICE_GPIO_PULL_UP, &door, error)
        && gpio_input_pin_watch(door, WAMR_DEVICE_GPIO_EDGE_BOTH, DOOR, error)
        && gpio_open_output(TEXT("lamp"), false, &lamp, error)
        && gpio_input_pin_is_active(door, &is_open, error)
        && gpio_output_pin_set(lamp, is_open, error);
}
