use wamr_guest::Result;
use wamr_guest::pwm::Channel;

/// Moves a servo to the middle: 1.5 ms of 20 ms.
pub fn center() -> Result<Channel> {
    let mut servo = Channel::open("servo")?;
    servo.set(20_000_000, 1_500_000)?;
    Ok(servo)
}
