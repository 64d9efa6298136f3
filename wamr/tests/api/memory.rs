use wamr::{Caller, Error, Instance, Limits, Linker, Module, Trap};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (memory 1 3)
    (data (i32.const 10) "abc")
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) memory.size))"#;

#[test]
fn views_show_the_memory_of_the_guest() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let load = instance.get_typed_func::<u32, i32>("load").unwrap();
        assert_eq!(instance.memory().len(), 65536);
        assert_eq!(&instance.memory()[10..13], b"abc");
        instance.memory_mut()[65535] = 200;
        assert_eq!(load.call(&mut instance, 65535), Ok(200));
        assert_eq!(load.call(&mut instance, 65536), Err(Trap::MemoryOutOfBounds.into()));
    });
}

#[test]
fn reads_and_writes_stay_inside() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let mut buffer = [0; 3];
        instance.read_memory(10, &mut buffer).unwrap();
        assert_eq!(&buffer, b"abc");
        instance.write_memory(65533, b"xyz").unwrap();
        instance.read_memory(65536, &mut []).unwrap();
        for address in [65534, 65536, u32::MAX] {
            assert_eq!(instance.write_memory(address, b"123"), Err(Error::MemoryAccess), "{address}");
            assert_eq!(instance.read_memory(address, &mut buffer), Err(Error::MemoryAccess), "{address}");
        }
        assert_eq!(&instance.memory()[65533..], b"xyz", "a refused write changes nothing");
    });
}

#[test]
fn memory_grows_from_both_sides() {
    with_instance(MODULE, Limits::default(), |mut instance| {
        let grow = instance.get_typed_func::<i32, i32>("grow").unwrap();
        let size = instance.get_typed_func::<(), i32>("size").unwrap();
        instance.memory_mut()[65535] = 1;
        assert_eq!(grow.call(&mut instance, 1), Ok(1));
        assert_eq!(instance.memory().len(), 2 * 65536);
        assert_eq!(instance.grow_memory(1), Ok(2));
        assert_eq!(size.call(&mut instance, ()), Ok(3));
        assert_eq!(instance.memory().len(), 3 * 65536);
        assert_eq!((instance.memory()[65535], &instance.memory()[10..13]), (1, &b"abc"[..]));
        assert!(instance.memory()[65536..].iter().all(|&byte| byte == 0), "new memory is zero");

        assert_eq!(grow.call(&mut instance, 1), Ok(-1));
        assert_eq!(instance.grow_memory(1), Err(Error::MemoryGrow));
        assert_eq!(instance.grow_memory(u32::MAX), Err(Error::MemoryGrow));
        assert_eq!(size.call(&mut instance, ()), Ok(3));
    });
}

#[test]
fn growth_ends_with_the_pool_and_the_limit() {
    with_instance("(module (memory 1) (func (drop memory.size)))", Limits::default(), |mut instance| {
        let most = (0..).find(|_| instance.grow_memory(1).is_err()).unwrap();
        assert!((10..64).contains(&most), "a pool of 64 pages held {most}");
        instance.memory_mut().fill(1);
    });
    let config = Limits { memory_pages: 2, ..Default::default() };
    with_instance(MODULE, config, |mut instance| {
        assert_eq!(instance.grow_memory(1), Ok(1));
        assert_eq!(instance.grow_memory(1), Err(Error::MemoryGrow));
    });
}

#[test]
fn a_module_without_memory_has_an_empty_view() {
    for text in ["(module)", "(module (memory 0))"] {
        with_instance(text, Limits::default(), |mut instance| {
            assert!(instance.memory().is_empty() && instance.memory_mut().is_empty());
            assert_eq!(instance.read_memory(0, &mut [0]), Err(Error::MemoryAccess));
        });
    }
    with_instance("(module)", Limits::default(), |mut instance| {
        assert_eq!(instance.grow_memory(1), Err(Error::MemoryGrow));
    });
    with_instance("(module (memory 0) (func (drop memory.size)))", Limits::default(), |mut instance| {
        assert_eq!(instance.grow_memory(1), Ok(0));
        assert_eq!(instance.memory().len(), 65536);
    });
    with_instance("(module (memory 0))", Limits::default(), |mut instance| {
        assert_eq!(instance.grow_memory(1), Err(Error::MemoryGrow), "WAMR takes the size for final");
    });
}

/// Bytes of the pool behind the memory must be out of the guest's reach (WAMR #5080).
#[test]
fn the_bound_is_exact() {
    with_runtime(|runtime| {
        let text = r#"(module (memory 1) (global (export "__heap_base") i32 (i32.const 1024))
            (global (export "__data_end") i32 (i32.const 1024))
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance = Instance::new(&module).unwrap();
        let load = instance.get_typed_func::<u32, i32>("load").unwrap();
        let size = instance.memory().len() as u32;
        assert_eq!(size, 65536);
        assert_eq!(load.call(&mut instance, size - 1), Ok(0));
        for beyond in [size, size + 1, size + 4095, size + 65536, u32::MAX] {
            assert_eq!(load.call(&mut instance, beyond), Err(Trap::MemoryOutOfBounds.into()), "{beyond}");
        }
    });
}

/// Pages of one byte, so that the memory may end anywhere: also within a page of the processor and behind an address that is not aligned.
#[test]
fn the_bound_of_small_pages_is_exact() {
    for size in [0, 1, 7, 13, 4095, 4097, 65_535, 65_536, 70_001] {
        let text = format!(
            r#"(module (memory {size} (pagesize 1))
                (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
                (func (export "store") (param i32) (i32.store (local.get 0) (i32.const -1)))
                (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1))))"#
        );
        with_instance(&text, Limits::default(), |mut instance| {
            assert_eq!(instance.memory().len() as u32, size);
            let load = instance.get_typed_func::<u32, i32>("load").unwrap();
            let store = instance.get_typed_func::<u32, ()>("store").unwrap();
            let fill = instance.get_typed_func::<(u32, u32), ()>("fill").unwrap();
            let outside = Err(Trap::MemoryOutOfBounds.into());
            for beyond in [size, size + 1, size + 4095, size + 65_536, u32::MAX] {
                assert_eq!(load.call(&mut instance, beyond), outside, "{beyond} of {size}");
            }
            for last in size.saturating_sub(3)..=size {
                assert_eq!(store.call(&mut instance, last), Err(Trap::MemoryOutOfBounds.into()), "{last} of {size}");
            }
            if size > 0 {
                assert_eq!(load.call(&mut instance, size - 1), Ok(0));
                assert_eq!(fill.call(&mut instance, (0, size)), Ok(()));
                assert_eq!(load.call(&mut instance, size - 1), Ok(7));
            }
            assert_eq!(fill.call(&mut instance, (0, size + 1)), Err(Trap::MemoryOutOfBounds.into()));
            assert_eq!(instance.grow_memory(1), Err(Error::MemoryGrow), "nothing in the module asks for its size");
        });
    }
}

#[test]
fn small_pages_are_counted_and_limited_in_bytes() {
    let text = r#"(module (memory 10 100000 (pagesize 1))
        (func (export "size") (result i32) memory.size)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let limits = |memory_pages| Limits { memory_pages, ..Limits::default() };
    with_instance(text, limits(1), |mut instance| {
        let size = instance.get_typed_func::<(), u32>("size").unwrap();
        let grow = instance.get_typed_func::<u32, i32>("grow").unwrap();
        let load = instance.get_typed_func::<u32, i32>("load").unwrap();
        assert_eq!(grow.call(&mut instance, 5), Ok(10));
        assert_eq!(instance.grow_memory(2), Ok(15));
        assert_eq!(size.call(&mut instance, ()), Ok(17));
        assert_eq!(load.call(&mut instance, 16), Ok(0));
        assert_eq!(load.call(&mut instance, 17), Err(Trap::MemoryOutOfBounds.into()));
        assert_eq!(grow.call(&mut instance, 65_536 - 17), Ok(17));
        assert_eq!(grow.call(&mut instance, 1), Ok(-1), "the limit of one page of 64 KiB");
    });
    with_instance(text, limits(2), |mut instance| {
        let grow = instance.get_typed_func::<u32, i32>("grow").unwrap();
        assert_eq!(grow.call(&mut instance, 99_991), Ok(-1), "its own maximum");
        assert_eq!(grow.call(&mut instance, 99_990), Ok(10));
    });
    with_runtime(|runtime| {
        for (memory, pages) in [("65537", 2), ("0 1", 1), ("0", 65_536)] {
            let limit = if pages == 2 { 1 } else { 0 };
            let text = format!("(module (memory {memory} (pagesize 1)))");
            let module = Module::with_limits(runtime, &wat(&text), &limits(limit)).unwrap();
            assert_eq!(Instance::new(&module).unwrap_err(), Error::MemoryTooLarge { pages, limit });
        }
    });
}

#[test]
fn other_page_sizes_are_rejected() {
    with_runtime(|runtime| {
        for log2 in [2, 15, 17, 31, 32, 63, 127] {
            let module = [&b"\0asm\x01\0\0\0\x05\x04\x01\x08\x01"[..], &[log2]].concat();
            assert!(matches!(Module::new(runtime, &module), Err(Error::InvalidModule(_))), "{log2}");
        }
        let too_many = wat("(module (memory 65536 (pagesize 65536)))");
        assert_eq!(Module::new(runtime, &too_many).unwrap().memory().unwrap().minimum_bytes(), 1 << 32);
        let too_many = [&b"\0asm\x01\0\0\0\x05\x06\x01\x08\x81\x80\x04\x10"[..]].concat();
        assert!(matches!(Module::new(runtime, &too_many), Err(Error::InvalidModule(_))), "65537 pages of 64 KiB");
    });
}

/// A memory moves when it grows, which takes longer the larger it is.
#[test]
fn growth_counts_the_bytes_that_it_may_move() {
    let fuel = |size: u32| {
        let text =
            format!(r#"(module (memory {size} (pagesize 1)) (func (export "f") (drop (memory.grow (i32.const 1)))))"#);
        let mut fuel = 0;
        with_instance(&text, Limits::default(), |mut instance| {
            let f = instance.get_typed_func::<(), ()>("f").unwrap();
            f.call(&mut instance, ()).unwrap();
            fuel = instance.usage().fuel;
            instance.set_fuel(Some(fuel - 1));
            assert_eq!(f.call(&mut instance, ()), Err(Trap::OutOfFuel.into()));
        });
        fuel
    };
    assert_eq!(fuel(64_000) - fuel(640), (64_000 - 640) / 64);
}

#[test]
fn a_host_function_sees_memory_after_growth() {
    with_runtime(|runtime| {
        let mut linker = Linker::<usize>::new(runtime);
        let look = |mut caller: Caller<'_, usize>| {
            let (seen, memory) = caller.data_and_memory_mut();
            *seen = memory.len();
            memory[memory.len() - 1] = 3;
        };
        linker.func_wrap("h", "look", look).unwrap();
        let text = r#"(module (import "h" "look" (func $look)) (memory 1)
            (func (export "f") (result i32) call $look (drop (memory.grow (i32.const 2))) call $look
                (i32.load8_u (i32.const 196607))))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let mut instance = linker.instantiate(&module, 0).unwrap();
        let f = instance.get_typed_func::<(), i32>("f").unwrap();
        assert_eq!(f.call(&mut instance, ()), Ok(3));
        assert_eq!(*instance.data(), 3 * 65536);
    });
}
