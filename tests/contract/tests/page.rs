//! `docs/host-api.md` describes the package, with examples that compile.

use contract::{check_generated, package, path, world};
use std::fmt::Write;
use std::fs;
use wit_parser::{InterfaceId, Resolve, WorldKey};

#[test]
fn the_page_is_that_of_the_package() {
    let (resolve, package) = package();
    let app = world(&resolve, package, "app");
    let mut page = include_str!("head.md").to_owned();
    write!(page, "\n## Exports of an app\n\n```wit\n{}```\n", block("wit/world.wit", "world entry")).unwrap();
    for key in resolve.worlds[app].imports.keys() {
        // The others are the types that the exports use.
        if let WorldKey::Interface(id) = key {
            describe(&mut page, &resolve, *id);
        }
    }
    check_generated("docs/host-api.md", page.as_bytes());
}

/// Writes the section of an interface.
fn describe(page: &mut String, resolve: &Resolve, id: InterfaceId) {
    let interface = &resolve.interfaces[id];
    let name = interface.name.as_deref().expect("an interface has a name");
    let full = resolve.id_of(id).expect("an interface has a name");
    let docs = interface.docs.contents.as_deref().expect("each interface is documented");
    let file = match full.strip_prefix("wasi:").and_then(|name| name.split('/').next()) {
        Some(package) => format!("wit/deps/wasi-{package}/{name}.wit"),
        None => format!("wit/{name}.wit"),
    };
    let source = block(&file, &format!("interface {name}"));
    write!(page, "\n## `{full}`\n\n{docs}\n\n```wit\n{source}```\n").unwrap();
    // `wasi:i2c` and `i2c` share an example, and types have none.
    if full == "wasi:i2c/i2c@0.2.0-draft" || ["general", "types"].contains(&name) {
        return;
    }
    for (language, example) in [("rust", format!("src/{name}.rs")), ("c", format!("c/{name}.c"))] {
        let example = format!("guest/examples/{example}");
        let text = fs::read_to_string(path(&example)).unwrap_or_else(|error| panic!("{example}: {error}"));
        write!(page, "\n```{language}\n{text}```\n").unwrap();
    }
}

/// The text of an item in a file, from its first line to its closing brace.
fn block(file: &str, head: &str) -> String {
    let text = fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let start = text.find(&format!("{head} {{\n")).unwrap_or_else(|| panic!("{file} has no {head}"));
    let end = text[start..].find("\n}\n").expect("the item ends") + start;
    text[start..end + 3].to_owned()
}
