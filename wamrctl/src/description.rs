//! The description of a module in WIT: what its imports and exports mean, in its custom sections `component-type…`.
//!
//! SDKs describe every interface that an app might use. Devices do not read the description, but people and `wamrctl` do, so a module
//! keeps the part that it needs.

use crate::escape::shown;
use crate::failure::{Failure, Status};
use crate::module::{Kind, Module, Signature};
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use wasm_encoder::{
    CodeSection, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemorySection, MemoryType, Section, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding, metadata};
use wit_parser::{Resolve, WorldId, WorldKey};

/// The name of the section that replaces all others.
pub const DESCRIPTION_SECTION: &str = "component-type";

/// Whether a custom section of this name describes the module.
pub fn describes(section: &str) -> bool {
    section.starts_with(DESCRIPTION_SECTION)
}

/// Returns the description of what a module imports and exports, without the rest of the interfaces. Returns nothing if the module has no
/// description.
///
/// # Errors
/// [`Status::InvalidModule`] if the description is not valid or differs from the module.
pub fn reduced(module: &Module) -> Result<Option<Vec<u8>>, Failure> {
    if !module.custom_sections.iter().any(|section| describes(&section.name)) {
        return Ok(None);
    }
    reduce(module).map(Some).map_err(|error| {
        let message = format!("the module differs from its description in WIT: {error:#}");
        Failure::new(Status::InvalidModule, message)
            .help("build it with one version of the SDK, and with the WIT files of that version")
    })
}

/// Adds the description of a world in a WIT file, or in a directory with WIT files.
///
/// # Errors
/// [`Status::Usage`] if there is no such world.
pub fn add(module: Module, wit: &Path) -> Result<Module, Failure> {
    let describe = || {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(wit)?;
        let world = resolve.select_world(&[package], None)?;
        metadata::encode(&resolve, world, StringEncoding::UTF8, None, false)
    };
    let description = describe().map_err(|error| {
        Failure::new(Status::Usage, format!("{} does not describe a world: {error:#}", shown(wit.display())))
            .help("pass a file with a package and one world, whose exports are those of the app")
    })?;
    let mut bytes = module.bytes;
    CustomSection { name: format!("{DESCRIPTION_SECTION}:wit").into(), data: description.into() }.append_to(&mut bytes);
    Module::parse(bytes).map_err(|error| Failure::new(Status::InvalidModule, error))
}

fn reduce(module: &Module) -> anyhow::Result<Vec<u8>> {
    let (_, described) = metadata::decode(&module.bytes)?;
    let mut stub = stub(module, &interfaces(&described.resolve, described.world));
    wit_component::embed_component_metadata(
        &mut stub,
        &described.resolve,
        described.world,
        StringEncoding::UTF8,
        false,
    )?;
    // A component imports what its module does, and its type is the description of that.
    let component = ComponentEncoder::default().module(&stub)?.encode()?;
    let DecodedWasm::Component(mut resolve, world) = wit_component::decode(&component)? else {
        unreachable!("a component was encoded");
    };
    shorten(&mut resolve, world);
    let mut description = metadata::encode(&resolve, world, StringEncoding::UTF8, None, false)?;
    if let Some(range) = producers(&description) {
        description.drain(range);
    }
    Ok(description)
}

/// Shortens the names that decoding gave to the world and its package. Devices store them, and nobody refers to them.
fn shorten(resolve: &mut Resolve, world: WorldId) {
    let world = &mut resolve.worlds[world];
    world.name = "app".into();
    if let Some(package) = world.package {
        let name = &mut resolve.packages[package].name;
        (name.namespace, name.name) = ("app".into(), "app".into());
    }
}

/// The modules of imports that a world describes.
fn interfaces(resolve: &Resolve, world: WorldId) -> HashSet<String> {
    let imports = resolve.worlds[world].imports.keys();
    imports
        .map(|key| match key {
            WorldKey::Interface(id) => resolve.id_of(*id).unwrap_or_default(),
            WorldKey::Name(name) => name.clone(),
        })
        .collect()
}

/// A module with the same imports and exports, as far as WIT describes them: others, such as those of the module `wamr`, cannot be in a
/// component.
fn stub(module: &Module, interfaces: &HashSet<String>) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut bodies = CodeSection::new();
    for import in &module.imports {
        let described = interfaces.contains(&import.module) || import.module == "$root" || is_canonical(&import.module);
        if let (true, Kind::Function(signature)) = (described, &import.kind) {
            imports.import(&import.module, &import.name, EntityType::Function(types.len()));
            declare(&mut types, signature);
        }
    }
    for (name, signature) in module.functions() {
        exports.export(name, ExportKind::Func, types.len());
        functions.function(types.len());
        declare(&mut types, signature);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        bodies.function(&body);
    }
    let mut memories = MemorySection::new();
    if let Some(memory) = module.exports.iter().find(|export| matches!(export.kind, Kind::Memory(_))) {
        let ty = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        memories.memory(ty);
        exports.export(&memory.name, ExportKind::Memory, 0);
    }
    let mut stub = wasm_encoder::Module::new();
    stub.section(&types).section(&imports).section(&functions).section(&memories).section(&exports).section(&bodies);
    stub.finish()
}

/// Whether an import has the newer of the two forms of names for WIT.
fn is_canonical(module: &str) -> bool {
    module.starts_with("cm32p2")
}

fn declare(types: &mut TypeSection, signature: &Signature) {
    let values = |names: &[String]| names.iter().map(|name| value(name)).collect::<Vec<_>>();
    types.ty().function(values(&signature.params), values(&signature.results));
}

/// A type by its name. Functions that WIT describes have no other types than these.
fn value(name: &str) -> ValType {
    match name {
        "i64" => ValType::I64,
        "f32" => ValType::F32,
        "f64" => ValType::F64,
        _ => ValType::I32,
    }
}

/// The section that names the tools which made a description, at its end.
fn producers(description: &[u8]) -> Option<Range<usize>> {
    let mut end = 0;
    for payload in Parser::new(0).parse_all(description) {
        match payload.ok()? {
            Payload::CustomSection(section) if section.name() == "producers" => {
                return Some(end..section.range().end as usize);
            }
            payload => end = payload.as_section().map_or(end, |(_, range)| range.end as usize),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIT: &str = "
        package test:device@1.0.0;

        interface pins {
            enum pull { up, down }
            open: func(name: string, pull: pull) -> u32;
            set: func(pin: u32, high: bool);
        }

        interface radio {
            send: func(data: list<u8>);
        }

        world app {
            import pins;
            import radio;
            export start: func();
        }
    ";

    /// A module with the description of the world.
    fn described(text: &str) -> Module {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("test.wit", WIT).unwrap();
        let world = resolve.select_world(&[package], Some("app")).unwrap();
        let mut bytes = wat::parse_str(text).unwrap();
        let description = metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).unwrap();
        CustomSection { name: "component-type:test".into(), data: description.into() }.append_to(&mut bytes);
        Module::parse(bytes).unwrap()
    }

    const SET: &str = r#"(module
        (import "wamr" "log" (func (param i32 i32)))
        (import "test:device/pins@1.0.0" "set" (func (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "start"))
        (func (export "other") (result f64) unreachable))"#;

    #[test]
    fn a_description_is_reduced_to_what_the_module_uses() {
        let description = reduced(&described(SET)).unwrap().unwrap();
        let DecodedWasm::WitPackage(resolve, package) = wit_component::decode(&description).unwrap() else {
            panic!("a description is a package");
        };
        let functions: Vec<_> =
            resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.keys()).collect();
        assert_eq!(functions, ["set"]);
        assert_eq!(resolve.types.len(), 0);
        let world = resolve.select_world(&[package], None).unwrap();
        assert_eq!(resolve.worlds[world].exports.len(), 1);
        assert_eq!(producers(&description), None);
    }

    #[test]
    fn a_module_that_differs_from_its_description_is_rejected() {
        let message = |text: &str| reduced(&described(text)).unwrap_err().to_string();
        let of_another_type = SET.replace("\"set\" (func (param i32 i32))", "\"set\" (func (param i32))");
        assert!(message(&of_another_type).contains("set"), "{}", message(&of_another_type));
        let unknown = SET.replace("\"set\"", "\"reset\"");
        assert!(message(&unknown).contains("reset"), "{}", message(&unknown));
        let without_export = SET.replace("\"start\"", "\"begin\"");
        assert!(message(&without_export).contains("start"), "{}", message(&without_export));
    }

    #[test]
    fn a_module_without_a_description_gets_none() {
        let module = Module::parse(wat::parse_str("(module)").unwrap()).unwrap();
        assert_eq!(reduced(&module).unwrap(), None);
    }
}
