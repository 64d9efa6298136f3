//! A client that follows the protocol.

use wamr_proto::{Command, ErrorCode};

use crate::modules::{Id, Set};
use crate::rig::Rig;

impl Rig<'_, '_> {
    fn request(&mut self, command: Command) -> Result<(), ErrorCode> {
        for _ in 0..100 {
            self.settle();
            self.ask(command.clone());
            self.settle();
            let answer = self.answers.pop().filter(|answer| answer.seq == self.seq).expect("an answer");
            match answer.refusal.map(|refusal| refusal.code) {
                Some(ErrorCode::Busy) => self.pass(1_000),
                None => return Ok(()),
                Some(code) => return Err(code),
            }
        }
        panic!("the device stays busy with {command:?}");
    }

    /// Whatever has happened, an upload to this device completes.
    pub fn goes_on(&mut self) {
        self.connect();
        // Bytes of another module may lie in the upload that it goes on with.
        let installed = self.install(Id::LAST).or_else(|code| {
            assert_eq!(code, ErrorCode::DigestMismatch);
            self.install(Id::LAST)
        });
        assert_eq!(installed, Ok(()));
        assert_eq!(self.told().only(Set::versions_of(Id::LAST)), Set::default().with(Id::LAST));
        self.truth.cut();
    }

    fn install(&mut self, id: Id) -> Result<(), ErrorCode> {
        let begin = Command::Begin { size: id.bytes().len() as u32, digest: id.digest(), denied: 0 };
        while let Err(code) = self.request(begin.clone()) {
            assert_eq!(code, ErrorCode::NoSlot);
            let app = self.status().apps[0].number;
            self.request(Command::Remove { app })?;
        }
        self.stream(id);
        let upload = self.status().upload.expect("it is open");
        assert_eq!(upload.durable, upload.size, "the upload does not get on");
        self.request(Command::Commit)
    }

    /// A whole upload, if the device takes it.
    pub fn upload(&mut self, id: Id) {
        self.settle();
        self.begin(id);
        self.stream(id);
    }

    /// Sends the open upload, if it is that of this module.
    fn stream(&mut self, id: Id) {
        const LENGTH: u32 = 500;
        self.next = 0;
        // Each of its frames, and those that were lost or are there already.
        for _ in 0..3 + 3 * id.bytes().len() as u32 / LENGTH {
            self.settle();
            match self.status().upload {
                Some(upload) if upload.durable < upload.size && upload.fingerprint == (&id.digest()).into() => {
                    if self.next >= upload.granted {
                        self.next = upload.durable;
                    }
                    self.next_frame(LENGTH);
                }
                _ => return,
            }
        }
    }
}
