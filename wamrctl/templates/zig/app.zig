//! Blinks the LED `led0`: half a second on, half a second off.

const device = @import("device");

const tick = 0;

var led: device.wamr_device_gpio_own_output_pin_t = undefined;

/// The device calls this once, after it has loaded the app.
export fn start() void {
    var name = text("led0");
    var failure: device.wamr_device_types_error_t = undefined;
    // After a trap, the device restarts the app as its manifest says.
    if (!device.wamr_device_timer_start_periodic(tick, 500, &failure)) @trap();
    if (!device.wamr_device_gpio_open_output(&name, false, &led, &failure)) @trap();
}

/// The device calls this for each event.
export fn on_event(event: *const device.app_event_t) void {
    if (event.tag == device.WAMR_DEVICE_EVENTS_EVENT_TIMER and event.val.timer.id == tick) {
        const pin = device.wamr_device_gpio_borrow_output_pin(led);
        const active = device.wamr_device_gpio_method_output_pin_is_set_active(pin);
        var failure: device.wamr_device_types_error_t = undefined;
        if (!device.wamr_device_gpio_method_output_pin_set(pin, !active, &failure)) @trap();
    }
}

/// A string as an argument.
fn text(string: []const u8) device.app_string_t {
    return .{ .ptr = @constCast(string.ptr), .len = string.len };
}
