//! The public types of the crate as its sources declare them, for tests that have a row for each.

use std::path::Path;

/// A type that is exported, and its parameters as they are written.
pub struct PublicType {
    pub name: String,
    pub parameters: Vec<String>,
}

/// All of them; traits and functions are none.
pub fn all() -> Vec<PublicType> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let exported = exported(&std::fs::read_to_string(sources.join("lib.rs")).unwrap());
    let files = std::fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let types: Vec<_> = files
        .flat_map(|file| declared(&std::fs::read_to_string(file).unwrap()))
        .filter(|ty| exported.contains(&ty.name))
        .collect();
    assert!(types.len() > 20 && types.iter().any(|ty| !ty.parameters.is_empty()));
    types
}

/// The names in `pub use file::{A, B};`, without those of a feature that is off.
fn exported(lib: &str) -> Vec<String> {
    let is_on = |attribute: &str| cfg!(feature = "block") || attribute != r#"#[cfg(feature = "block")]"#;
    let lines = lib.lines().zip(lib.lines().skip(1));
    let uses = lines.filter_map(|(before, line)| line.strip_prefix("pub use ").filter(|_| is_on(before)));
    let names = uses.flat_map(|path| path.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
    names.collect()
}

fn declared(source: &str) -> Vec<PublicType> {
    let declarations = source.lines().filter_map(|line| {
        let line = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
        let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').expect("something follows a name");
        let (name, rest) = line.split_at(end);
        let parameters = rest.strip_prefix('<').map(|rest| rest.split_once('>').expect("on one line").0).unwrap_or("");
        let parameters = parameters.split(',').filter(|text| !text.is_empty());
        let parameters = parameters.map(|text| text.split('=').next().unwrap_or_default().trim().to_owned()).collect();
        Some(PublicType { name: name.to_owned(), parameters })
    });
    declarations.collect()
}
