//! Values that survive restarts of the app.

use crate::client::app;
use crate::passed;
use crate::probe::{Error, INVALID_ARGUMENT, NO_SPACE, NOT_FOUND, Probe, Resource};

/// What a value of an app that is not signed takes of the quota besides its content, its key and the name of the app.
const OVERHEAD: i32 = 16;
/// That of the app `narrow`, which `build.rs` requests.
const QUOTA: i32 = 200;

/// The name of a resource as a key, or as a value: where it is in the memory of the app, and how long it is.
const fn name(resource: Resource, length: i32) -> [i32; 2] {
    [1025 + 32 * resource as i32, length]
}

const KEY: [i32; 2] = name(Resource::Led0, 4);
const OTHER: [i32; 2] = name(Resource::Relay, 5);

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    values(probe);
    quota(probe);
    probe.remove();
    let next = Probe::install(&app!("probe"));
    assert_eq!(get(next, KEY, 32), Err(NOT_FOUND), "the app was removed");
    next.remove();
    passed("an app changes no values of others, and none stay when it is gone");
}

fn set(probe: Probe, key: [i32; 2], value: [i32; 2]) -> Result<u8, Error> {
    probe.try_byte("kv-set", &[key[0], key[1], value[0], value[1]])
}

/// Returns the length and the first eight bytes of a value.
fn get(probe: Probe, key: [i32; 2], max: i32) -> Result<(i64, [u8; 8]), Error> {
    let at = probe.try_call("kv-get", &[key[0], key[1], max])?;
    Ok((probe.call("bytes", &[8]) & 0xffff_ffff, probe.call("bytes", &[at as i32]).to_le_bytes()))
}

fn delete(probe: Probe, key: [i32; 2]) -> Result<u8, Error> {
    probe.try_byte("kv-delete", &key)
}

fn values(probe: Probe) {
    assert_eq!(get(probe, KEY, 32), Err(NOT_FOUND));
    assert_eq!(set(probe, KEY, name(Resource::Humidity, 8)), Ok(0));
    assert_eq!(get(probe, KEY, 32), Ok((8, *b"humidity")));
    assert_eq!(set(probe, KEY, name(Resource::Serial, 6)), Ok(0));
    assert_eq!(set(probe, OTHER, [0, 0]), Ok(0), "nothing is a value");
    probe.stop();
    probe.start();
    assert!(matches!(get(probe, KEY, 6), Ok((6, [b's', b'e', b'r', b'i', b'a', b'l', _, _]))));
    assert_eq!(get(probe, KEY, 5), Err(NO_SPACE), "it is longer");
    assert!(matches!(get(probe, OTHER, 0), Ok((0, _))));
    assert_eq!((delete(probe, OTHER), delete(probe, OTHER)), (Ok(0), Err(NOT_FOUND)));
    passed("an app stores values, which survive a restart of it");

    for key in [[0, 0], [0, 65]] {
        assert_eq!(set(probe, key, KEY), Err(INVALID_ARGUMENT));
        assert_eq!(get(probe, key, 32), Err(INVALID_ARGUMENT));
        assert_eq!(delete(probe, key), Err(INVALID_ARGUMENT));
    }
    assert_eq!(set(probe, KEY, [0, 1025]), Err(INVALID_ARGUMENT), "a value has at most 1024 bytes");
    probe.traps_out_of_bounds("kv-set", &[65_535, 2, 0, 1]);
    probe.traps_out_of_bounds("kv-set", &[KEY[0], KEY[1], 1, -1]);
    probe.traps_out_of_bounds("kv-get", &[65_535, 2, 8]);
    probe.traps_out_of_bounds("kv-delete", &[1, -1]);
    assert!(matches!(get(probe, KEY, 32), Ok((6, _))), "as before");
}

fn quota(probe: Probe) {
    let other = Probe::install(&app!("narrow"));
    assert_eq!(get(other, KEY, 32), Err(NOT_FOUND), "that of another app");
    let longest = QUOTA - OVERHEAD - "narrow".len() as i32 - KEY[1];
    assert_eq!(set(other, KEY, [1024, longest + 1]), Err(NO_SPACE));
    assert_eq!(set(other, KEY, [1024, longest]), Ok(0));
    assert_eq!(set(other, OTHER, [0, 0]), Err(NO_SPACE));
    assert_eq!(delete(other, KEY), Ok(0));
    assert_eq!(set(other, OTHER, [0, 0]), Ok(0));
    other.remove();
    assert!(matches!(get(probe, KEY, 32), Ok((6, _))), "still that of the first app");
}
