//! The client against a device with a real runtime, in this process.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wamr_client::proto::{AppState, Command, ErrorCode, Name, Outcome, RunLimits, Value, Values};
use wamr_client::{Client, Connect, ErrorKind, Event, LocalLink, digest_of, upload};
use wamr_twin::{Flash, LocalTwin, Twin};

/// A process has one twin at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A twin of two slots. Bound in this order, the twin is dropped first.
fn twin() -> (MutexGuard<'static, ()>, LocalTwin) {
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    (one, Twin::new(Flash::memory(128 * 1024)).slots(2).spawn().unwrap())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// An app that counts its calls, and logs a line at each. Padded, so that it takes many frames.
fn counter() -> Vec<u8> {
    let source = format!(
        r#"(module
            (import "wamr" "log" (func $log (param i32 i32)))
            (memory 1)
            (data (i32.const 0) "called")
            (data (i32.const 1024) "{}")
            (global $calls (mut i32) (i32.const 0))
            (func (export "count") (param $by i32) (result i32)
                (call $log (i32.const 0) (i32.const 6))
                (global.set $calls (i32.add (global.get $calls) (local.get $by)))
                (global.get $calls)))"#,
        "x".repeat(20_000)
    );
    wat::parse_str(source).unwrap()
}

async fn count(client: &mut Client<LocalLink>, by: i32) -> i32 {
    let args = Values::new(&[Value::I32(by)]).unwrap();
    let receipt = client.run(0, Name::new("count").unwrap(), args, RunLimits::default()).await.unwrap();
    match receipt.outcome {
        Outcome::Returned(values) => match values[..] {
            [Value::I32(calls)] => calls,
            _ => panic!("{values:?}"),
        },
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn an_app_is_uploaded_called_and_removed() {
    let (_one, twin) = twin();
    let module = counter();
    let digest = digest_of(&module);
    block_on(async {
        let mut events = Vec::new();
        let mut client = upload(&mut twin.connector(), 0, &module, digest, |event| match event {
            Event::Started(bytes) | Event::Progress(bytes) => events.push(bytes as usize),
            other => panic!("{other:?}"),
        })
        .await
        .unwrap();
        assert_eq!((events[0], *events.last().unwrap()), (0, module.len()));
        assert!(events.is_sorted() && events.len() > 3, "{events:?}");

        let lines = Rc::new(RefCell::new(Vec::new()));
        let heard = lines.clone();
        client.listen(move |line| heard.borrow_mut().push(line.to_owned())).await.unwrap();
        assert_eq!((count(&mut client, 1).await, count(&mut client, 40).await), (1, 41));
        assert_eq!(lines.borrow().len(), 2, "{lines:?}");
        assert!(lines.borrow().iter().all(|line| line.ends_with("called")), "{lines:?}");

        let app = client.installed(&digest).await.unwrap().unwrap();
        assert_eq!(app.state, AppState::Started);
        client.manage(Command::Remove { app: app.number }).await.unwrap();
        assert_eq!(client.installed(&digest).await, Ok(None));
        let error = client.manage(Command::Start { app: app.number }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused(ErrorCode::NoApp));
        client.close().await;
    });
}

#[test]
fn what_no_device_runs_is_refused() {
    let (_one, twin) = twin();
    let module = wat::parse_str(r#"(module (import "a" "b" (func)))"#).unwrap();
    block_on(async {
        let error = upload(&mut twin.connector(), 0, &module, digest_of(&module), |_| ()).await.err().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Refused(_)), "{error:?}");
        assert_eq!(error.kind().as_str(), "refused");
    });
}

#[test]
fn connections_end_with_the_twin_and_another_twin_may_follow() {
    let (one, first) = twin();
    let mut connector = first.connector();
    let mut client = block_on(async { Client::new(connector.connect().await.unwrap()) });
    block_on(client.status()).unwrap();
    drop(first);
    assert_eq!(block_on(client.status()).unwrap_err().kind(), ErrorKind::ConnectionLost);
    drop(one);
    let (_one, second) = twin();
    block_on(async { Client::new(second.connector().connect().await.unwrap()).status().await.unwrap() });
    let occupied = Twin::new(Flash::memory(128 * 1024)).slots(2).spawn().err().unwrap();
    assert!(matches!(occupied, wamr_twin::Error::Occupied(_)), "{occupied}");
}
