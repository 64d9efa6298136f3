//! The package is valid WIT, and its worlds are what an app and a device need.

use contract::{package, world};
use wit_parser::{Function, FunctionKind, Resolve, Type, TypeDefKind, WorldItem, WorldKey};

/// The signature of the core function that exports a function of the world `entry`.
fn flat(resolve: &Resolve, function: &Function) -> String {
    let signature = resolve.wasm_signature(wit_parser::abi::AbiVariant::GuestExport, function);
    format!("{:?} -> {:?}", signature.params, signature.results)
}

#[test]
fn the_exports_are_two_functions_of_numbers() {
    let (resolve, package) = package();
    let entry = world(&resolve, package, "entry");
    let exports: Vec<_> = resolve.worlds[entry]
        .exports
        .iter()
        .map(|(key, item)| match (key, item) {
            (WorldKey::Name(name), WorldItem::Function(function)) => (name.as_str(), flat(&resolve, function)),
            other => panic!("{other:?} is not a function"),
        })
        .collect();
    assert_eq!(exports, [("start", "[] -> []".to_owned()), ("on-event", "[I32, I32, I32] -> []".to_owned())]);
}

#[test]
fn the_world_of_apps_imports_every_interface() {
    let (resolve, package) = package();
    let app = world(&resolve, package, "app");
    for (id, interface) in &resolve.interfaces {
        let name = resolve.id_of(id).unwrap_or_default();
        assert!(
            resolve.worlds[app].imports.contains_key(&WorldKey::Interface(id)),
            "the world does not import {name}: {:?}",
            interface.functions.keys()
        );
    }
}

/// An app without a heap has to know how long a list in a result can be: from an argument, or from the documentation.
#[test]
fn the_length_of_each_result_is_bounded() {
    let documented = ["crypto", "digital", "file", "net", "system", "spi"];
    let (resolve, _) = package();
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.as_deref().unwrap_or_default();
        for function in interface.functions.values() {
            let lists = function.result.as_ref().is_some_and(|result| has_list(&resolve, result));
            let bound = function.params.iter().any(|param| {
                ["len", "max-len", "read-len"].contains(&param.name.as_str()) || param.name == "operations"
            });
            assert!(!lists || bound || documented.contains(&name), "{name}.{} has no bound", function.name);
            assert!(!matches!(function.kind, FunctionKind::Constructor(_)), "devices offer no constructors");
        }
    }
}

fn has_list(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else { return *ty == Type::String };
    match &resolve.types[*id].kind {
        TypeDefKind::List(_) => true,
        TypeDefKind::Option(inner) | TypeDefKind::Type(inner) => has_list(resolve, inner),
        TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).any(|inner| has_list(resolve, inner)),
        TypeDefKind::Record(record) => record.fields.iter().any(|field| has_list(resolve, &field.ty)),
        TypeDefKind::Variant(variant) => {
            variant.cases.iter().filter_map(|case| case.ty.as_ref()).any(|ty| has_list(resolve, ty))
        }
        _ => false,
    }
}
