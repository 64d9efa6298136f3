use wamr_guest::Result;
use wamr_guest::uart::Port;

/// Sends back what was received.
pub fn echo(port: &Port) -> Result {
    let mut buffer = [0; 64];
    let received = port.read(&mut buffer)?;
    port.write(received)?;
    Ok(())
}
