//! Uploads of files: a client that knows only the file commands of MCUmgr installs apps (`docs/smp.md`).
//!
//! A file is announced by the head of its module ([`wamr_device::head()`]), because such a client does not say the digest. Each request is
//! answered with the offset from which the device wants bytes next, which clients follow: it is behind what was sent if the device takes
//! no more bytes yet, before the last byte while the module is being installed, and ahead of it if the upload resumes.

use heapless::Vec;
use wamr_device::{HEAD_MAX, announced, head};
use wamr_proto::{Command, DataFrame, ErrorCode, Escaped, FRAME_HEADER, Request, encode, peek};
use zephyr::sync::Mutex;

use super::{deadline, lock, wait_until};
use crate::service::transport;

/// How many bytes are passed on at a time.
const CHUNK: usize = 256;

/// The file that is being uploaded.
struct File {
    /// The length that the client gave.
    size: u32,
    /// The first bytes, until the module is announced.
    head: Vec<u8, HEAD_MAX>,
    /// Whether the upload was begun.
    is_begun: bool,
    /// The number of the request that installs it, 0 before that.
    commit: u32,
    /// The number of the latest request.
    seq: u32,
}

static FILE: Mutex<File> = Mutex::new(File { size: 0, head: Vec::new(), is_begun: false, commit: 0, seq: 1 << 31 });

/// Why a part of a file was not taken: the code of a refusal.
pub type Refused = u32;

/// A part of a file.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Where it belongs.
    pub offset: u32,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// Takes a part of a file, and installs the app after the last one. The first part says the length of the file. Returns the offset of the
/// next part.
///
/// # Errors
/// The upload is over.
pub fn write(name: &str, size: u32, part: Part<'_>) -> Result<u32, Refused> {
    let mut file = lock(&FILE);
    if part.offset == 0 {
        *file = File { size, head: Vec::new(), is_begun: false, commit: 0, seq: file.seq };
    }
    let next = file.take(part);
    match next {
        Ok(next) if next == file.size && file.commit != 0 => super::note(format_args!("installed {}", Escaped(name))),
        Ok(_) => {}
        Err(code) => {
            (file.size, file.is_begun) = (0, false);
            super::note(format_args!("refused {} with code {code}", Escaped(name)));
        }
    }
    next
}

impl File {
    fn take(&mut self, part: Part<'_>) -> Result<u32, Refused> {
        if self.size == 0 {
            // The device has restarted, or the last part was refused.
            return Err(ErrorCode::NoUpload as u32);
        }
        if !self.is_begun {
            return self.begin(part);
        }
        if self.commit == 0 {
            let received = pass_on(part)?;
            if received < self.size {
                return Ok(received);
            }
            self.commit = self.next_seq();
        }
        match self.ask(self.commit, Command::Commit)? {
            true => Ok(self.size),
            // The client sends the last byte again, to learn how the installation went.
            false => Ok(self.size - 1),
        }
    }

    /// Collects the head, and then begins the upload.
    fn begin(&mut self, part: Part<'_>) -> Result<u32, Refused> {
        let known = self.head.len();
        if part.offset as usize != known {
            return Ok(known as u32);
        }
        let taken = part.bytes.len().min(HEAD_MAX - known);
        // There is room.
        let _ = self.head.extend_from_slice(&part.bytes[..taken]);
        let Some(end) = head(&self.head).map_err(|code| code as u32)? else {
            return Ok(self.head.len() as u32);
        };
        let begin = Command::Begin { size: self.size, digest: announced(&self.head[..end]), denied: 0 };
        let seq = self.next_seq();
        if !self.ask(seq, begin)? {
            return Err(ErrorCode::Busy as u32);
        }
        self.is_begun = true;
        pass_on(Part { offset: 0, bytes: &self.head })?;
        let rest = Part { offset: self.head.len() as u32, bytes: &part.bytes[taken..] };
        self.head.clear();
        self.take(rest)
    }

    fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1).max(1 << 31);
        self.seq
    }

    /// Sends a request, unless it was sent, and returns whether the device has answered that it is done.
    fn ask(&self, seq: u32, command: Command) -> Result<bool, Refused> {
        let response = encode(&Request { seq, command }).and_then(|request| super::ask(&request));
        response.map_or(Ok(false), |response| peek::refusal(&response).map_or(Ok(true), Err))
    }
}

/// Passes bytes on to the device, as many as it takes within some time. Returns how many it has of the whole upload.
fn pass_on(part: Part<'_>) -> Result<u32, Refused> {
    let (deadline, mut offset) = (deadline(), part.offset);
    for bytes in part.bytes.chunks(CHUNK) {
        if transport::received().is_none_or(|received| offset > received) {
            break;
        }
        let mut buffer = [0; FRAME_HEADER + CHUNK];
        let frame = DataFrame { offset, bytes }.encode(&mut buffer).unwrap_or_default();
        offset += bytes.len() as u32;
        // It takes some of them if it has no room for all.
        let is_taken = || transport::received().is_none_or(|received| received >= offset).then_some(());
        wait_until(deadline, || {
            transport::data(frame);
            is_taken()
        });
    }
    transport::received().ok_or(ErrorCode::FlashFailed as u32)
}
