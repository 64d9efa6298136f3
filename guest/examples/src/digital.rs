use wamr_guest::digital::{GpioError, InPin, OutPin};

/// The lamp is on while the button is pressed. `InPin::open` and `OutPin::open` open them.
pub fn follow(button: &InPin, lamp: &mut OutPin) -> Result<(), GpioError> {
    lamp.set(button.is_active()?)
}
