use wamr_guest::net::{Connection, RemoteHost};
use wamr_guest::{Error, Event, Result, log};

const SERVER: u32 = 1;
const ANSWER: u32 = 2;

/// Starts with `RemoteHost::look_up("example.com", SERVER)`. The manifest grants `net:tcp/example.com:80`.
pub fn on_event(event: Event, server: &RemoteHost, connection: &mut Option<Connection>, is_asked: &mut bool) -> Result {
    match (event, &connection) {
        // Fails if there is no such host.
        (Event::Net { id: SERVER }, _) => *connection = Some(Connection::open(server, 80, ANSWER)?),
        (Event::Net { id: ANSWER }, Some(open)) if !*is_asked => {
            open.send(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n")?;
            *is_asked = true;
        }
        (Event::Net { id: ANSWER }, Some(open)) => match open.receive(&mut [0; 128]) {
            Ok(bytes) => log::info(core::str::from_utf8(bytes).unwrap_or("?")),
            // The end of the answer.
            Err(Error::Io) => *connection = None,
            Err(error) => return Err(error),
        },
        _ => {}
    }
    Ok(())
}
