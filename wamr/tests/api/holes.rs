//! Unsound uses that safe code could make of other Rust wrappers of WAMR, and the tests that show that this one has none of them. `ui`
//! tests are programs in `tests/ui`, which must not compile.
//!
//! | hole | shown by |
//! |---|---|
//! | the pool's memory is freed while WAMR uses it | `ui::pool_not_static`, `ui::runtime_dropped`, `ui::shared_runtime_borrowed`, `shared::the_parts_go_in_any_order` |
//! | two exclusive slices of the same linear memory; a slice used after the memory has moved | `ui::memory_twice`, `ui::memory_twice_in_host`, `ui::memory_across_call`, `memory::a_host_function_sees_memory_after_growth` |
//! | a function of one instance called on another | `func::a_function_of_another_instance_is_refused`, `reentry::functions_of_another_instance_are_refused`, `global::wrong_uses_are_errors`, `table::wrong_uses_are_errors`, `reference::functions_pass_as_values` |
//! | arguments of the wrong number or type reach WAMR | `func::types_are_checked_when_a_function_is_looked_up`, `func::untyped_calls_check_number_and_types`, `func::sixteen_values_each_way` |
//! | a host function without a signature, so that the guest picks host pointers | `ui::host_pointer`, `linker::types_are_compared_in_full`, `reference::types_with_references_are_compared` |
//! | a host closure freed while a module that binds it still runs | `ui::linker_dropped`, `ui::linker_changed`, `ui::closure_borrows`, `ui::caller_kept`, `ui::shared_linker_borrowed`, `ui::shared_linker_changed`, `ui::shared_closure_borrows`, `linker::a_module_stays_with_its_linker`, `host_func::closures_and_data_are_dropped_once` |
//! | a second runtime that ignores its memory, and ends the first one's | `runtime::a_second_runtime_is_refused`, `runtime::a_dropped_runtime_makes_room_for_the_next` |
//! | data that must stay on its thread reached from another | `ui::instance_sent`, `ui::func_sent`, `ui::runtime_shared`, `ui::shared_runtime_sent`, `ui::data_shorter` |
//! | a null pointer of WAMR used when memory is exhausted | `instance::an_instance_that_does_not_fit_into_the_pool_is_an_error`, `runtime::any_pool_either_works_or_is_an_error` |
//! | a trap stays, so that later calls run and return the old error | `trap::each_trap_has_its_kind_and_the_next_call_is_clean`, `host_func::a_refusal_becomes_a_trap_and_the_next_call_is_clean` |
//! | a panic of a host function unwinds through C | `host_func::a_panic_becomes_a_trap`, `host_func::a_panic_ends_the_process` |
//! | directories for WASI passed to C as the wrong type | `holes::wasi_is_not_provided` |

use std::path::Path;

use wamr::{Error, Linker, Module};

use crate::{wat, with_runtime};

/// There are no directories to pass: a module that imports WASI is refused.
#[test]
fn wasi_is_not_provided() {
    with_runtime(|runtime| {
        let text = r#"(module (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32))))"#;
        let module = Module::new(runtime, &wat(text)).unwrap();
        let linker = Linker::<()>::new(runtime);
        let result = linker.instantiate(&module, ());
        let Err(Error::UnresolvedImports(list)) = result else { panic!("{result:?}") };
        assert_eq!(&*list, "wasi_snapshot_preview1.fd_prestat_get (i32, i32) -> i32");
    });
}

/// The table above names tests that are there.
#[test]
fn every_hole_has_its_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let rows = include_str!("holes.rs").lines().filter(|line| line.starts_with("//! | ")).skip(1);
    let mut holes = 0;
    for row in rows {
        let named: Vec<_> = row.split('`').filter_map(|word| word.split_once("::")).collect();
        assert!(!named.is_empty(), "{row}");
        for (file, test) in named {
            let there = match file {
                "ui" => tests.join("ui").join(format!("{test}.rs")).is_file(),
                _ => std::fs::read_to_string(tests.join("api").join(format!("{file}.rs")))
                    .is_ok_and(|text| text.contains(&format!("fn {test}()"))),
            };
            assert!(there, "{file}::{test}");
        }
        holes += 1;
    }
    assert_eq!(holes, 12);
}
