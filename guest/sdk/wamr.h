// What a device offers to an app written in C, and how the app shows a function to the device. guest/README.md says what each does.
#pragma once
#include <stdint.h>

// Makes a function callable from outside, under its own name.
#define EXPORT(name) __attribute__((export_name(#name), visibility("default"))) name

// Writes one line of UTF-8 text, without a newline, to the device's log.
__attribute__((import_module("wamr"), import_name("log"))) void wamr_log(const char *text, uint32_t length);

// Milliseconds since the device started.
__attribute__((import_module("wamr"), import_name("uptime_ms"))) int64_t wamr_uptime_ms(void);

// A new version of the app works: the device may let go of the version before it.
__attribute__((import_module("wamr"), import_name("confirm"))) void wamr_confirm(void);
