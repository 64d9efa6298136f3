//! Runs guests for several threads: one thread owns the runtime and takes requests from a channel.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use wamr::{Error, Instance, Limits, Module, Runtime};

// (module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))
const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\0\x07\x0a\x01\x06square\0\0\
    \x0a\x09\x01\x07\0\x20\0\x20\0\x6c\x0b";

/// A call of the guest, and where its result goes.
struct Request {
    argument: i32,
    reply: Sender<Result<i32, Error>>,
}

/// A handle for any thread. The runtime ends when the last clone is dropped.
#[derive(Clone)]
struct Guest(Sender<Request>);

impl Guest {
    fn square(&self, argument: i32) -> Result<i32, Error> {
        let (reply, result) = channel();
        self.0.send(Request { argument, reply }).expect("the thread waits for requests");
        result.recv().expect("the thread answers each request")
    }
}

/// Starts the thread of the runtime.
fn start() -> (Guest, thread::JoinHandle<Result<(), Error>>) {
    let (sender, requests) = channel::<Request>();
    let thread = thread::spawn(move || {
        let runtime = Runtime::with_allocator(&std::alloc::System)?;
        let limits = Limits { deadline: Some(Duration::from_secs(1)), ..Limits::DEFAULT };
        let module = Module::with_limits(&runtime, MODULE, &limits)?;
        let mut instance = Instance::new(&module)?;
        let square = instance.get_typed_func::<i32, i32>("square")?;
        for request in requests {
            // Whoever does not wait for the answer loses it.
            _ = request.reply.send(square.call(&mut instance, request.argument));
        }
        Ok(())
    });
    (Guest(sender), thread)
}

fn main() -> Result<(), Error> {
    let (guest, thread) = start();
    let squares = (1..=4).map(|number| {
        let guest = guest.clone();
        thread::spawn(move || guest.square(number))
    });
    let squares: Vec<_> = squares.collect();
    for (number, square) in (1..=4).zip(squares) {
        let square = square.join().expect("no panic")?;
        assert_eq!(square, number * number);
        println!("{number} squared is {square}");
    }
    drop(guest);
    thread.join().expect("no panic")
}
