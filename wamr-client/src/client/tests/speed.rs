//! The cost of an upload on the air: round trips, and bytes besides the module.

use super::*;
use wamr_proto::FRAME_HEADER;

/// A link with ATT MTU 498 on which notifications arrive only when the client waits for them.
#[derive(Clone)]
struct SlowLink {
    fake: FakeLink,
    counts: Rc<RefCell<Counts>>,
}

#[derive(Default)]
struct Counts {
    arrived: VecDeque<Notification>,
    /// Times that the client had to wait for the device, requests and reads included.
    waits: usize,
    frames: usize,
    /// Bytes in data writes.
    written: usize,
}

impl Link for SlowLink {
    fn name(&self) -> String {
        self.fake.name()
    }

    fn room(&self) -> usize {
        498 - 3
    }

    async fn write_data(&mut self, frame: &[u8]) -> Result<(), Error> {
        {
            let mut counts = self.counts.borrow_mut();
            counts.frames += 1;
            counts.written += frame.len();
        }
        self.fake.write_data(frame).await
    }

    async fn write_control(&mut self, request: &[u8]) -> Result<(), Error> {
        self.fake.write_control(request).await
    }

    async fn listen(&mut self, to: Characteristic) -> Result<(), Error> {
        self.fake.listen(to).await
    }

    async fn next(&mut self) -> Result<Notification, Error> {
        if self.counts.borrow().arrived.is_empty() {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let mut counts = self.counts.borrow_mut();
            counts.waits += 1;
            counts.arrived.append(&mut self.fake.0.borrow_mut().notifications);
        }
        let notification = self.counts.borrow_mut().arrived.pop_front();
        match notification {
            Some(notification) => Ok(notification),
            None => std::future::pending().await,
        }
    }

    async fn read(&mut self, characteristic: Characteristic) -> Result<Vec<u8>, Error> {
        self.counts.borrow_mut().waits += 1;
        self.fake.read(characteristic).await
    }

    async fn close(self) {}
}

#[test]
fn an_upload_takes_one_round_trip_for_a_window_and_few_bytes_besides_the_module() {
    block_on(async {
        let (bytes, digest) = module();
        let link = SlowLink { fake: Rig::new().link(), counts: Default::default() };
        let uploaded = Client::new(link.clone()).upload(&bytes, digest, 0, |_| ()).await.unwrap();
        assert_eq!(uploaded, Uploaded::default());

        let Counts { waits, frames, written, .. } = *link.counts.borrow();
        // The answer to `Begin`, the first status, and the answer to `Commit`.
        let windows = waits - 3;
        let percent = |other: usize| 100.0 * bytes.len() as f64 / (bytes.len() + other) as f64;
        let share = percent(written - bytes.len());
        println!("{} bytes: {windows} round trips, and 3 to begin and to commit; {frames} data writes", bytes.len());
        println!("{share:.2} % of the bytes in data writes are the module's at MTU 498");
        println!("{:.2} % with the headers of ATT (3) and L2CAP (4)", percent(written - bytes.len() + 7 * frames));
        // The device grants whole frames, at most 4 KiB of them.
        let frame = link.room() - FRAME_HEADER;
        let window = 4096 / frame * frame;
        assert!(windows <= bytes.len().div_ceil(window), "{windows} round trips for {} bytes", bytes.len());
        assert!(share >= 97.0);
    });
}
