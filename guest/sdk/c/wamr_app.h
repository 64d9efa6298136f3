// Apps in C for devices that run WebAssembly.
//
// An app defines the two functions below. It calls the functions of names.h, short names for those of app.h, which describes them.
// Strings and lists that the device returns are valid until the app returns from `start` or `on_event`: nothing has to be freed.
#pragma once
#include "app.h"
#include "names.h"

// The device calls this once, after it has loaded the app.
void start(void);

// The device calls this for each event. Between events, the app does not run and the device can sleep.
void on_event(const app_event_t *event);

// Why a device did not do what an app asked for: WAMR_DEVICE_TYPES_ERROR_...
typedef wamr_device_types_error_t wamr_error_t;

// The cases of an event.
enum {
    EVENT_TIMER = WAMR_DEVICE_EVENTS_EVENT_TIMER,
    EVENT_PIN = WAMR_DEVICE_EVENTS_EVENT_PIN,
    EVENT_MESSAGE = WAMR_DEVICE_EVENTS_EVENT_MESSAGE,
    EVENT_UART = WAMR_DEVICE_EVENTS_EVENT_UART,
    EVENT_SENSOR = WAMR_DEVICE_EVENTS_EVENT_SENSOR,
    EVENT_CUSTOM = WAMR_DEVICE_EVENTS_EVENT_CUSTOM,
    EVENT_NET = WAMR_DEVICE_EVENTS_EVENT_NET,
};

// A C string as an argument.
#define TEXT(string) (&(app_string_t){(uint8_t *)(string), __builtin_strlen(string)})

// Bytes as an argument.
#define BYTES(pointer, length) (&(app_list_u8_t){(uint8_t *)(pointer), (length)})
