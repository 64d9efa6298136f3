//! `i2c` and `spi`.

use wamr_host::{Error, i2c, spi};

use crate::drivers::{FAIL_I2C, FAIL_SPI, notes};
use crate::rig::{App, DATA, RET, Rig, rig};

const BYTES: u32 = 0x400;

/// Writes a list of operations of 16 bytes: the case, and the number or list of it.
fn operations(rig: &mut Rig<'_, '_, '_>, operations: &[(u8, u64)]) -> [u64; 2] {
    for (at, (case, value)) in (0..).zip(operations) {
        rig.poke(0, DATA + 16 * at, &[*case]);
        rig.poke(0, DATA + 16 * at + 8, &value.to_le_bytes());
    }
    [DATA.into(), operations.len() as u64]
}

/// A list of the bytes from [`BYTES`] on.
fn list(length: u64) -> u64 {
    u64::from(BYTES) | length << 32
}

#[test]
fn i2c_reads_and_writes() {
    rig(|rig| {
        rig.load(0, &App::default());
        let bus = u64::from(rig.opened(0, "i2c open"));
        rig.poke(0, BYTES, &[9, 8, 7]);
        let at = u64::from(BYTES);
        assert_eq!(rig.result(0, "[method]i2c.read", &[bus, 0x10, 3], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), [1, 2, 3]);
        assert_eq!(rig.result(0, "[method]i2c.write", &[bus, 0x10, at, 2], 1), Ok(Ok(())));
        assert_eq!(rig.result(0, "[method]i2c.write-read", &[bus, 0x3ff, at, 1, 2], 4), Ok(Ok(())));
        assert_eq!(rig.list(0, RET + 4), [1, 2]);
        let expected = "0 0x10: read 3, 0 0x10: write [9, 8], 0 0x3ff: write [9] read 2";
        assert_eq!(notes(), expected);
        // Without bytes, there is only an address on the bus.
        rig.result(0, "[method]i2c.write-read", &[bus, 1, at, 0, 0], 4).unwrap().unwrap();
        rig.result(0, "[method]i2c.write-read", &[bus, 1, at, 1, 0], 4).unwrap().unwrap();
        rig.result(0, "[method]i2c.write-read", &[bus, 1, at, 0, 256], 4).unwrap().unwrap();
        assert_eq!(rig.list(0, RET + 4).len(), 256);
        assert_eq!(notes(), "0 0x1: write [], 0 0x1: write [9], 0 0x1: read 256");

        let list = operations(rig, &[(0, 2), (1, list(3)), (0, 0), (0, 1)]);
        assert_eq!(rig.result(0, "[method]i2c.transaction", &[bus, 5, list[0], list[1]], 4), Ok(Ok(())));
        let (lists, count) = (rig.word(0, RET + 4), rig.word(0, RET + 8));
        let read: Vec<_> = (0..count).map(|index| rig.list(0, lists + 8 * index)).collect();
        assert_eq!(read, [&[1, 2][..], &[], &[1]]);
        assert_eq!(notes(), "0 0x5: read 2 write [9, 8, 7] read 0 read 1");
    });
}

#[test]
fn i2c_refuses_what_is_not_possible() {
    rig(|rig| {
        rig.load(0, &App::default());
        assert_eq!(rig.open(0, "i2c open", "i2c9", &[]), Ok(Err(Error::NotFound)));
        let bus = u64::from(rig.opened(0, "i2c open"));
        assert_eq!(rig.open(0, "i2c open", "i2c0", &[]), Ok(Err(Error::Busy)));
        let other = Ok(vec![1, 4]);
        let failed = |rig: &mut Rig<'_, '_, '_>, function: &str, args: &[u64], offset: u32| {
            rig.call(0, function, &[args, &[RET.into()]].concat())?;
            Ok::<_, String>([rig.peek(0, RET, 1), rig.peek(0, RET + offset, 1)].concat())
        };
        for length in [257, 1 << 32, u64::MAX] {
            assert_eq!(failed(rig, "[method]i2c.read", &[bus, 1, length], 4), other);
            assert_eq!(failed(rig, "[method]i2c.write-read", &[bus, 1, DATA.into(), 1, length], 4), other);
            let list = operations(rig, &[(0, 1), (0, length - 1 + u64::from(length == 257))]);
            assert_eq!(failed(rig, "[method]i2c.transaction", &[bus, 1, list[0], list[1]], 4), other, "{length}");
        }
        for count in [9, u64::from(u32::MAX)] {
            assert_eq!(failed(rig, "[method]i2c.transaction", &[bus, 1, DATA.into(), count], 4), other);
        }
        assert_eq!(failed(rig, "[method]i2c.write", &[bus, 0x1_0000, DATA.into(), 1], 1), other);
        assert_eq!(notes(), "");

        // A device on a bus has one address.
        let sensor = u64::from(rig.open(0, "i2c open", "sensor0", &[]).unwrap().unwrap());
        assert_eq!(failed(rig, "[method]i2c.write", &[sensor, 0x77, DATA.into(), 1], 1), Ok(vec![1, 2]));
        assert_eq!(rig.peek(0, RET + 2, 1), [0], "the address was not acknowledged");
        assert_eq!(notes(), "");
        assert_eq!(rig.result(0, "[method]i2c.write", &[sensor, 0x76, DATA.into(), 0], 1), Ok(Ok(())));

        for (error, expected) in [
            (i2c::TransferError::Bus, [0, 0]),
            (i2c::TransferError::ArbitrationLoss, [1, 0]),
            (i2c::TransferError::NoAcknowledge(i2c::NoAcknowledge::Address), [2, 0]),
            (i2c::TransferError::NoAcknowledge(i2c::NoAcknowledge::Data), [2, 1]),
            (i2c::TransferError::NoAcknowledge(i2c::NoAcknowledge::Unknown), [2, 2]),
            (i2c::TransferError::Overrun, [3, 0]),
            (i2c::TransferError::Other, [4, 0]),
        ] {
            let list = operations(rig, &[(0, 1)]);
            for (function, args, offset) in [
                ("[method]i2c.read", vec![bus, 1, 1], 4),
                ("[method]i2c.write", vec![bus, 1, DATA.into(), 1], 1),
                ("[method]i2c.write-read", vec![bus, 1, DATA.into(), 1, 1], 4),
                ("[method]i2c.transaction", vec![bus, 1, list[0], list[1]], 4),
            ] {
                FAIL_I2C.set(Some(error));
                assert_eq!(failed(rig, function, &args, offset), Ok(vec![1, expected[0]]), "{function}");
                assert_eq!(rig.peek(0, RET + offset + 1, 1), [expected[1]], "{function}");
            }
        }
    });
}

#[test]
fn apps_share_a_bus() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        for app in [0, 1, 0, 1] {
            let bus = u64::from(rig.opened(app, "i2c open"));
            assert_eq!(rig.result(app, "[method]i2c.read", &[bus, 1, 1], 4), Ok(Ok(())));
            rig.call(app, "[resource-drop]i2c", &[bus]).unwrap();
        }
    });
}

#[test]
fn spi_reads_and_writes() {
    rig(|rig| {
        rig.load(0, &App::default());
        let device = u64::from(rig.opened(0, "spi open"));
        rig.poke(0, BYTES, &[9, 8, 7]);
        let at = u64::from(BYTES);
        assert_eq!(rig.call(0, "[method]spi-device.read", &[device, 3, RET.into()]), Ok(0));
        assert_eq!((rig.peek(0, RET, 1), rig.list(0, RET + 4)), (vec![0], vec![1, 2, 3]));
        assert_eq!(rig.call(0, "[method]spi-device.write", &[device, at, 2, RET.into()]), Ok(0));
        assert_eq!(rig.peek(0, RET, 1), [0]);
        assert_eq!(rig.call(0, "[method]spi-device.transfer", &[device, at, 3, RET.into()]), Ok(0));
        assert_eq!((rig.peek(0, RET, 1), rig.list(0, RET + 4)), (vec![0], vec![!9, !8, !7]));
        assert_eq!(notes(), "0: read 3, 0: write [9, 8], 0: transfer [9, 8, 7]");

        let list = operations(rig, &[(1, list(1)), (0, 2), (3, 5_000), (2, list(3)), (0, 0)]);
        assert_eq!(rig.call(0, "[method]spi-device.transaction", &[device, list[0], list[1], RET.into()]), Ok(0));
        let (results, count) = (rig.word(0, RET + 4), rig.word(0, RET + 8));
        let cases: Vec<_> = (0..count).flat_map(|index| rig.peek(0, results + 12 * index, 1)).collect();
        assert_eq!(cases, [1, 0, 3, 2, 0]);
        let read: Vec<_> = [1, 3, 4].map(|index| rig.list(0, results + 12 * index + 4)).into_iter().collect();
        assert_eq!(read, [&[1, 2][..], &[!9, !8, !7], &[]]);
        assert_eq!(notes(), "0: write [9] read 2 delay 5000 transfer [9, 8, 7] read 0");
    });
}

#[test]
fn spi_refuses_what_is_not_possible() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.load(1, &App::default());
        // The error of this interface: the case, and a text that is empty.
        let failed = |rig: &mut Rig<'_, '_, '_>, app: u8, function: &str, args: &[u64]| {
            rig.call(app, function, &[args, &[RET.into()]].concat()).unwrap();
            assert_eq!(rig.peek(app, RET, 1), [1], "{function}");
            let case = rig.peek(app, RET + 4, 1)[0];
            assert!(case != 4 || rig.word(app, RET + 12) == 0);
            case
        };
        rig.poke(0, DATA, b"spi9");
        assert_eq!(failed(rig, 0, "spi open", &[DATA.into(), 4]), 4, "there is no such device");
        let device = u64::from(rig.opened(0, "spi open"));
        rig.poke(1, DATA, b"spi0");
        assert_eq!(failed(rig, 1, "spi open", &[DATA.into(), 4]), 4, "it belongs to another app");
        notes();
        for length in [257, 1 << 32, u64::MAX] {
            assert_eq!(failed(rig, 0, "[method]spi-device.read", &[device, length]), 4);
            let list = operations(rig, &[(0, length)]);
            assert_eq!(failed(rig, 0, "[method]spi-device.transaction", &[device, list[0], list[1]]), 4);
        }
        assert_eq!(failed(rig, 0, "[method]spi-device.transfer", &[device, BYTES.into(), 257]), 4);
        let list = operations(rig, &[(2, list(200)), (0, 57)]);
        assert_eq!(failed(rig, 0, "[method]spi-device.transaction", &[device, list[0], list[1]]), 4);
        for count in [9, u64::from(u32::MAX)] {
            assert_eq!(failed(rig, 0, "[method]spi-device.transaction", &[device, DATA.into(), count]), 4);
        }
        assert_eq!(notes(), "");

        let list = operations(rig, &[(0, 1)]);
        for (error, case) in [
            (spi::TransferError::Overrun, 0),
            (spi::TransferError::ModeFault, 1),
            (spi::TransferError::FrameFormat, 2),
            (spi::TransferError::ChipSelectFault, 3),
            (spi::TransferError::Other, 4),
        ] {
            for (function, args) in [
                ("[method]spi-device.read", vec![device, 1]),
                ("[method]spi-device.transfer", vec![device, BYTES.into(), 1]),
                ("[method]spi-device.transaction", vec![device, list[0], list[1]]),
            ] {
                FAIL_SPI.set(Some(error));
                assert_eq!(failed(rig, 0, function, &args), case, "{function}");
            }
            // The interface has no error here.
            FAIL_SPI.set(Some(error));
            rig.call(0, "[method]spi-device.write", &[device, BYTES.into(), 1, RET.into()]).unwrap();
            assert_eq!(rig.peek(0, RET, 1), [1]);
        }
        rig.unload(0);
        assert_eq!(rig.opened(1, "spi open"), 1);
    });
}
