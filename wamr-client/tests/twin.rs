//! The client against a device with a real runtime, in this process.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wamr_client::proto::{AppState, Command, ErrorCode, Name, Outcome, RunLimits, Value, Values};
use wamr_client::{Client, Connect, ErrorKind, Event, PipeLink, digest_of, upload};
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

/// An app that counts its calls and logs a line at each call. Padded, so that it needs many frames.
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

async fn count(client: &mut Client<PipeLink>, by: i32) -> i32 {
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
        let mut client = upload(&mut twin.connector(), 0, &module, digest, 0, |event| match event {
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
fn a_module_with_unknown_imports_is_refused() {
    let (_one, twin) = twin();
    let module = wat::parse_str(r#"(module (import "a" "b" (func)))"#).unwrap();
    block_on(async {
        let error = upload(&mut twin.connector(), 0, &module, digest_of(&module), 0, |_| ()).await.err().unwrap();
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

/// An app that sends each message back.
fn echo() -> Vec<u8> {
    wat::parse_str(
        r#"(module
            (import "wamr:device/message@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32 i32)))
            (import "wamr:device/message@0.1.0" "receive" (func $receive (param i32 i32)))
            (memory (export "memory") 1)
            (global $refused (mut i32) (i32.const 0))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func (export "refused") (result i32) (global.get $refused))
            (func (export "on-event") (param i32 i32 i32)
                (loop $more
                    (call $receive (i32.const 128) (i32.const 0))
                    (if (i32.load8_u (i32.const 4))
                        (then
                            (call $send (i32.const 0) (i32.const 0) (i32.const 0)
                                (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.const 64))
                            (global.set $refused (i32.add (global.get $refused) (i32.load8_u (i32.const 64))))
                            (br $more))))))"#,
    )
    .unwrap()
}

#[test]
fn a_client_and_an_app_exchange_messages() {
    let (_one, twin) = twin();
    let module = echo();
    block_on(async {
        let mut client = upload(&mut twin.connector(), 0, &module, digest_of(&module), 0, |_| ()).await.unwrap();
        let refused = async |client: &mut Client<PipeLink>| {
            let export = Name::new("refused").unwrap();
            client.run(0, export, Values::default(), RunLimits::default()).await.unwrap().outcome
        };
        let times = |times| Outcome::Returned(Values::new(&[Value::I32(times)]).unwrap());
        client.send_message(0, b"nobody hears the answer").await.unwrap();
        while refused(&mut client).await != times(1) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let messages = Rc::new(RefCell::new(Vec::new()));
        let heard = messages.clone();
        client.listen_to_messages(move |app, message| heard.borrow_mut().push((app, message.to_vec()))).await.unwrap();
        for message in [&b"hello"[..], &[], &[0xff; 128]] {
            client.send_message(0, message).await.unwrap();
            let got = tokio::time::timeout(std::time::Duration::from_secs(10), async {
                while messages.borrow().is_empty() {
                    client.status().await.unwrap();
                    assert_eq!(refused(&mut client).await, times(1));
                }
            });
            got.await.unwrap();
            assert_eq!(messages.take(), [(0, message.to_vec())]);
        }
        let error = client.send_message(0, &[0; 129]).await.unwrap_err();
        assert!(error.to_string().contains("at most 128 bytes"), "{error}");
        let error = client.send_message(1, b"hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused(ErrorCode::NoApp));
        client.close().await;
        // The next client has not subscribed.
        let mut client = Client::new(twin.connector().connect().await.unwrap());
        client.send_message(0, b"hello").await.unwrap();
        while refused(&mut client).await != times(2) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        client.close().await;
    });
}
