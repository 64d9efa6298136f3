use wamr::{Caller, Error, Instance, Limits, Linker, Module, Trap};

use crate::{wat, with_instance, with_runtime};

const MODULE: &str = r#"(module
    (memory 1 3)
    (data (i32.const 10) "abc")
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) memory.size))"#;

#[test]
fn views_show_what_the_guest_sees() {
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
fn no_memory_is_an_empty_one() {
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
