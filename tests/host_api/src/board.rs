//! The other side of what apps reach: emulated pins, how often the CPU wakes up, and what is left of stacks.

// src/board.c
unsafe extern "C" {
    /// Sets the level at an input.
    #[link_name = "board_input"]
    pub safe fn set_level(pin: u8, high: bool);
    /// Returns the level at an output.
    #[link_name = "board_output"]
    pub safe fn level(pin: u8) -> bool;
    safe fn board_direction(pin: u8) -> u32;
    /// Counts the interrupts of an input from now on.
    #[link_name = "board_count_interrupts"]
    pub safe fn count_interrupts(pin: u8);
    /// Returns how many interrupts that input has caused.
    #[link_name = "board_interrupts"]
    pub safe fn interrupts() -> u32;
    /// Counts how often the calling thread runs: it is that of the device.
    #[link_name = "board_watch_this_thread"]
    pub safe fn watch_this_thread();
    /// Returns how often the CPU has gone to sleep.
    #[link_name = "board_idles"]
    pub safe fn idles() -> u32;
    /// Returns how often the thread of the device has run.
    #[link_name = "board_device_runs"]
    pub safe fn device_runs() -> u32;
    /// The calling thread is the one that runs apps.
    #[link_name = "board_note_apps_thread"]
    pub safe fn note_apps_thread();
    /// Reports how much of their stacks the threads of the device have used, and returns whether enough is left.
    #[link_name = "board_stacks_are_enough"]
    pub safe fn stacks_are_enough() -> bool;
    safe fn board_remount() -> bool;
}

// src/emulators.c
unsafe extern "C" {
    safe fn board_pwm() -> u64;
    /// The thermometer has measured this, in thousandths of a degree Celsius. Returns whether somebody watches it.
    #[link_name = "board_measured"]
    pub safe fn measured(temperature: i32) -> bool;
    /// Sets the voltage of the analog input.
    #[link_name = "board_millivolts"]
    pub safe fn set_millivolts(millivolts: u32);
    /// The thermometer cannot be read until it measures again.
    #[link_name = "board_thermometer_fails"]
    pub safe fn thermometer_fails();
    /// The LM75 measures this, in 256ths of a degree Celsius.
    #[link_name = "board_lm75"]
    pub safe fn set_lm75(temperature: i16);
    fn board_serial_receive(port: Port, bytes: *const u8, length: usize) -> u32;
    fn board_serial_sent(port: Port, bytes: *mut u8, length: usize) -> u32;
    /// The serial port has lost a byte, before its driver could read it.
    #[link_name = "board_serial_overrun"]
    pub safe fn serial_overrun();
}

/// A serial port.
#[derive(Clone, Copy)]
#[repr(C)]
pub enum Port {
    Serial,
    Uart0,
}

/// A serial port receives these bytes.
pub fn serial_receive(port: Port, bytes: &[u8]) {
    // SAFETY: the buffer has this length.
    let count = unsafe { board_serial_receive(port, bytes.as_ptr(), bytes.len()) };
    assert_eq!(count as usize, bytes.len(), "the emulator has room for them");
}

/// Takes what a serial port has sent, and returns how many bytes.
pub fn serial_sent(port: Port, bytes: &mut [u8]) -> usize {
    // SAFETY: the buffer has this length.
    unsafe { board_serial_sent(port, bytes.as_mut_ptr(), bytes.len()) as usize }
}

/// Mounts the file system again, so that only what is in the flash counts.
pub fn remount() {
    assert!(board_remount(), "the flash has a file system");
}

/// Returns the period and the pulse of the PWM output, in nanoseconds.
pub fn pwm() -> (u32, u32) {
    ((board_pwm() >> 32) as u32, board_pwm() as u32)
}

/// The pins of `emulated.dtsi`.
pub const LAMP: u8 = 1;
/// Active when low.
pub const RELAY: u8 = 2;
pub const KEY: u8 = 3;
pub const HEATER: u8 = 4;
pub const FAN: u8 = 5;
/// Active when low.
pub const BUTTON: u8 = 6;

#[derive(Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
    Disconnected,
}

/// `GPIO_INPUT` of `zephyr/drivers/gpio.h`.
const INPUT: u32 = 1 << 16;
/// `GPIO_OUTPUT` of `zephyr/drivers/gpio.h`.
const OUTPUT: u32 = 1 << 17;

pub fn direction(pin: u8) -> Direction {
    match board_direction(pin) {
        INPUT => Direction::Input,
        OUTPUT => Direction::Output,
        0 => Direction::Disconnected,
        flags => panic!("{flags:x}"),
    }
}
