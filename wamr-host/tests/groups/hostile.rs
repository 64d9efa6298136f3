//! Every function with every kind of wrong argument.

use crate::drivers::notes;
use crate::functions::{FUNCTIONS, Function, Param};
use crate::rig::{App, DATA, END, Ended, RET, Rig, rig};

/// Calls a function of a fresh app with the right arguments, after `change` has made some of them wrong.
fn called(function: &Function, change: impl FnOnce(&mut Rig<'_, '_, '_>, &mut [u64], &[usize])) -> Ended<u64> {
    rig(|rig| {
        rig.load(0, &App::default());
        let (mut args, places) = rig.right(0, function);
        change(rig, &mut args, &places);
        rig.call(0, &function.export(), &args)
    })
}

/// Calls functions with one wrong argument: `wrong` returns the values that take the place of a parameter of that kind, and a part of the
/// text of the trap.
fn all_trap(wrong: impl Fn(&Function, Param) -> Vec<(Vec<u64>, &'static str)>) {
    let mut count = 0;
    for function in FUNCTIONS {
        for (index, param) in function.params.iter().enumerate() {
            for (values, trap) in wrong(function, *param) {
                let ended = called(function, |_, args, places| {
                    args[places[index]..][..values.len()].copy_from_slice(&values);
                });
                let text = ended.expect_err(&format!("{} with {values:x?}", function.export()));
                assert!(text.contains(trap), "{} with {values:x?}: {text}", function.export());
                count += 1;
            }
        }
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn right_arguments_are_accepted() {
    for function in FUNCTIONS {
        assert!(called(function, |_, _, _| ()).is_ok(), "{}", function.export());
    }
}

#[test]
fn handles_that_are_not_open_trap() {
    all_trap(|_, param| match param {
        Param::Handle | Param::Other(_) => [0, 3, 32, 33, 34, 99, u32::MAX]
            .map(|handle| (vec![handle.into()], "a handle is not open"))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    });
}

#[test]
fn memory_out_of_bounds_traps() {
    const BOUNDS: &str = "out of bounds";
    let end = u64::from(END);
    all_trap(|_, param| match param {
        Param::Text(_) | Param::Bytes => vec![
            (vec![end, 1], BOUNDS),
            (vec![end - 1, 2], BOUNDS),
            (vec![0xffff_ffff, 1], BOUNDS),
            (vec![0xffff_fff0, 0x20], BOUNDS),
            (vec![0, 0xffff_ffff], BOUNDS),
        ],
        // More than eight are refused before anything is read.
        Param::Operations => {
            vec![(vec![end - 8, 1], BOUNDS), (vec![end - 16, 2], BOUNDS), (vec![0xffff_fff0, 2], BOUNDS)]
        }
        Param::Return(align) => vec![(vec![end], BOUNDS), (vec![0x1_0000_0000 - u64::from(align)], BOUNDS)],
        _ => Vec::new(),
    });
}

#[test]
fn results_that_are_not_aligned_trap() {
    all_trap(|_, param| match param {
        Param::Return(1) => Vec::new(),
        Param::Return(align) => (1..align).map(|offset| (vec![(RET + offset).into()], "not aligned")).collect(),
        _ => Vec::new(),
    });
}

#[test]
fn cases_that_do_not_exist_trap() {
    all_trap(|function, param| match param {
        Param::Enum if function.name == "log" => {
            vec![(vec![5], "no such case"), (vec![u64::from(u32::MAX)], "no such case")]
        }
        Param::State => vec![(vec![2], "no such case"), (vec![u64::from(u32::MAX)], "no such case")],
        Param::Enum => vec![(vec![3], "no such case"), (vec![u64::from(u32::MAX)], "no such case")],
        _ => Vec::new(),
    });
    for function in FUNCTIONS.iter().filter(|function| function.params.contains(&Param::Operations)) {
        for case in [4, 0xff] {
            let ended = called(function, |rig, _, _| rig.poke(0, DATA, &[case]));
            assert!(ended.is_err_and(|text| text.contains("no such case")), "{} {case}", function.export());
        }
    }
}

#[test]
fn texts_that_are_not_utf_8_trap() {
    for function in
        FUNCTIONS.iter().filter(|function| function.params.iter().any(|param| matches!(param, Param::Text(_))))
    {
        let ended = called(function, |rig, _, _| rig.poke(0, DATA, &[0xc3]));
        assert!(ended.is_err_and(|text| text.contains("not UTF-8")), "{}", function.export());
    }
}

#[test]
fn operations_with_lists_out_of_bounds_trap() {
    for function in FUNCTIONS.iter().filter(|function| function.params.contains(&Param::Operations)) {
        // A write, whose list has the address and the length at 8.
        for list in [[END, 1], [END - 1, 2], [u32::MAX, 1], [0, u32::MAX]] {
            let ended = called(function, |rig, _, _| {
                rig.poke(0, DATA, &[1]);
                rig.poke(0, DATA + 8, &list.map(u32::to_le_bytes).concat());
            });
            assert!(ended.is_err_and(|text| text.contains("out of bounds")), "{} {list:x?}", function.export());
        }
    }
}

#[test]
fn a_handle_is_closed_after_a_drop() {
    for function in FUNCTIONS.iter().filter(|function| function.open.is_some()) {
        let drop = FUNCTIONS.iter().find(|drop| drop.open == function.open && drop.name.starts_with("[resource-drop]"));
        let ended = called(function, |rig, args, _| {
            rig.call(0, &drop.unwrap().export(), &args[..1]).unwrap();
        });
        assert!(ended.is_err_and(|text| text.contains("a handle is not open")), "{}", function.export());
    }
}

#[test]
fn a_handle_of_another_app_is_not_open() {
    for function in FUNCTIONS.iter().filter(|function| function.open.is_some()) {
        let ended = rig(|rig| {
            rig.load(1, &App::default());
            rig.load(0, &App::default());
            let (args, _) = rig.right(0, function);
            rig.call(1, &function.export(), &args)
        });
        assert!(ended.is_err_and(|text| text.contains("a handle is not open")), "{}", function.export());
    }
}

#[test]
fn what_is_not_granted_traps_with_its_name() {
    const OTHERS: &[&str] =
        &["gpio:button0", "i2c:sensor0", "spi:spi1", "adc:adc1", "pwm:pwm1", "sensor:other", "uart:uart1"];
    const GROUPS: &[&str] = &["gpio", "i2c", "spi", "adc", "pwm", "sensor", "uart"];
    let app = App { groups: GROUPS, capabilities: Some(OTHERS), ..Default::default() };
    rig(|rig| {
        rig.load(0, &app);
        let mut opens = 0;
        let is_open = |function: &&Function| ["open", "open-output", "open-digital-out"].contains(&function.name);
        // Files have no names in a manifest.
        for function in FUNCTIONS.iter().filter(is_open).filter(|function| function.group() != "file") {
            let Param::Text(name) = function.params[0] else { panic!("{}", function.export()) };
            let more = &[0][..function.params.len() - 2];
            let trap = rig.open(0, &function.export(), name, more).unwrap_err();
            assert!(trap.ends_with(&format!("{}:{name} is not granted", function.group())), "{trap}");
            opens += 1;
        }
        assert_eq!((opens, notes().as_str()), (8, ""));
        // The others are.
        assert!(rig.open(0, "open-input", "button0", &[0]).unwrap().is_ok());
        assert!(rig.open(0, "uart open", "uart1", &[]).unwrap().is_ok());
    });
}

#[test]
fn imports_that_are_not_granted_are_refused_when_the_app_is_loaded() {
    rig(|rig| {
        for group in [
            "log", "clock", "timer", "gpio", "i2c", "spi", "adc", "pwm", "sensor", "uart", "kv", "file", "message",
            "net", "rng", "crypto", "system",
        ] {
            let other = if group == "log" { &["clock"] } else { &["log"] };
            let groups: &'static [&'static str] = vec![group].leak();
            let app = App { groups, capabilities: Some(other), ..Default::default() };
            let refusal = rig.try_load(0, &app).unwrap_err();
            assert!(refusal.contains(group), "{group}: {refusal}");
        }
    });
}
