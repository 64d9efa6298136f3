// The functions that a device offers to an app in C, and a macro to export functions. guest/README.md describes them.
#pragma once
#include <stdint.h>

// Exports a function under its own name, so that the device and clients can call it.
#define EXPORT(name) __attribute__((export_name(#name), visibility("default"))) name

// Writes one line of UTF-8 text, without a newline, to the device's log.
__attribute__((import_module("wamr"), import_name("log"))) void wamr_log(const char *text, uint32_t length);

// Returns the milliseconds since the device started.
__attribute__((import_module("wamr"), import_name("uptime_ms"))) int64_t wamr_uptime_ms(void);

// Confirms that a new version of the app works. The device can then drop the previous version.
__attribute__((import_module("wamr"), import_name("confirm"))) void wamr_confirm(void);
