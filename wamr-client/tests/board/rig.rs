//! A twin with a simulated board.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use wamr_client::proto::{Name, Outcome, RunLimits, Values};
use wamr_client::{Client, PipeLink, digest_of, upload};
use wamr_twin::{Board, Flash, Twin};

/// A process has one twin at a time.
static ONE: Mutex<()> = Mutex::new(());

/// The changes of a board, as lines.
pub fn changes(board: Board) -> Receiver<String> {
    let (sender, receiver) = channel();
    board.observe(move |change| _ = sender.send(change.to_string()));
    receiver
}

/// Uploads an app to a twin with this board, calls its `start`, and does some work with the client.
pub fn with_app(board: Board, module: &[u8], work: impl AsyncFnOnce(&mut Client<PipeLink>)) {
    with_app_on(Twin::new(Flash::memory(128 * 1024)).board(board), module, "start", work);
}

/// The same on another twin, for an app with this entry point.
pub fn with_app_on(twin: Twin, module: &[u8], start: &str, work: impl AsyncFnOnce(&mut Client<PipeLink>)) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let twin = twin.slots(2).spawn().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut client = upload(&mut twin.connector(), 0, module, digest_of(module), 0, |_| ()).await.unwrap();
        call(&mut client, start).await;
        work(&mut client).await;
    });
}

/// Calls an export without parameters.
pub async fn call(client: &mut Client<PipeLink>, export: &str) {
    let export = Name::new(export).unwrap();
    let receipt = client.run(0, export, Values::default(), RunLimits::default()).await.unwrap();
    assert!(matches!(receipt.outcome, Outcome::Returned(_)), "{receipt:?}");
}
