use wamr_guest::{Result, message};

/// Returns each message to its sender.
pub fn echo() -> Result {
    let mut buffer = [0; 64];
    while let Some(received) = message::receive(&mut buffer)? {
        message::send(received.sender.peer(), received.data)?;
    }
    Ok(())
}
