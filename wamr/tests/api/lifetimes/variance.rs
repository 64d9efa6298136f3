//! How the lifetimes in a type may change when a value of it is passed on.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::{compile, library};
use crate::public_types;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Variance {
    /// A longer lifetime can become a shorter one.
    Covariant,
    /// A shorter lifetime can become a longer one.
    Contravariant,
    /// Neither.
    Invariant,
    /// The parameter is a number.
    Constant,
}
use Variance::{Constant, Contravariant, Covariant, Invariant};

/// Every parameter of a public type: the type, the parameter, the variance wanted, and why.
const TABLE: &[(&str, &str, Variance, &str)] = &[
    ("Module", "'rt", Covariant, "borrows the runtime, shared"),
    (
        "Linker",
        "'rt",
        Covariant,
        "borrows the runtime, shared; adding a function that lives shorter takes `&mut`, which fixes the lifetime",
    ),
    ("Linker", "T", Invariant, "its functions read a `T` from an instance and write one to it"),
    ("Instance", "'l", Covariant, "borrows linker and runtime, shared"),
    (
        "Instance",
        "T",
        Invariant,
        "the functions of its linker read and write the `T` whoever holds the instance puts there",
    ),
    ("Method", "O", Invariant, "is a function of exactly this object; nobody needs more"),
    ("Method", "T", Invariant, "reads a `T` from an instance and writes one to it"),
    ("Caller", "'a", Covariant, "lends the instance for the time of a call"),
    ("Caller", "T", Invariant, "lends the instance's `T`, to change it"),
    ("TypedFunc", "P", Contravariant, "takes parameters, holds none"),
    ("TypedFunc", "R", Covariant, "gives results, takes none"),
    ("FuncType", "'m", Covariant, "borrows the module, shared"),
    ("ExternType", "'m", Covariant, "borrows the module, shared"),
    ("Import", "'m", Covariant, "borrows the module, shared"),
    ("Export", "'m", Covariant, "borrows the module, shared"),
    ("NativeCode", "'a", Covariant, "borrows the module, shared"),
    #[cfg(feature = "block")]
    ("BlockCallback", "S", Invariant, "takes and returns samples; no caller needs another variance"),
    ("Pool", "const N: usize", Constant, "is a size"),
];

#[test]
fn every_parameter_has_the_variance_of_the_table() {
    let types = public_types::all();
    let declared = types.iter().flat_map(|ty| ty.parameters.iter().map(|parameter| (&*ty.name, &**parameter)));
    let declared: BTreeSet<_> = declared.collect();
    let listed: BTreeSet<_> = TABLE.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(declared, listed, "the table names every parameter of a public type");

    // One function a line, so that the line of an error shows which conversion the compiler refuses.
    let mut program = String::from("#![allow(clippy::all)]\n");
    let (mut lines, mut wanted) = (Vec::new(), BTreeSet::new());
    for &(name, parameter, variance, why) in TABLE.iter().filter(|row| row.2 != Constant) {
        let ty = types.iter().find(|ty| ty.name == name).expect("compared above");
        for (from, to, allowed) in
            [("'long", "'short", variance == Covariant), ("'short", "'long", variance == Contravariant)]
        {
            let (given, taken) = (with(ty, parameter, from), with(ty, parameter, to));
            let bounds = "'other, 'short: 'other, 'long: 'short";
            writeln!(program, "pub fn f{}<{bounds}>(value: {given}) -> {taken} {{ value }}", lines.len()).unwrap();
            let conversion = format!("{name} is {variance:?} in {parameter} ({why}): {given} as {taken}");
            if !allowed {
                wanted.insert(conversion.clone());
            }
            lines.push(conversion);
        }
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("variance.rs");
    std::fs::write(&file, program).unwrap();
    let errors = String::from_utf8(compile(&file, &library()).stderr).unwrap();
    let refused: BTreeSet<_> = errors
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--> ")?.rsplit(':').nth(1)?.parse::<usize>().ok())
        .map(|line| lines[line - 2].clone())
        .collect();
    for error in errors.lines().filter(|line| line.starts_with("error") && !line.contains("aborting")) {
        assert_eq!(error, "error: lifetime may not live long enough", "\n{errors}");
    }
    let accepted: Vec<_> = wanted.difference(&refused).collect();
    assert!(accepted.is_empty(), "the compiler accepts\n{accepted:#?}");
    let lost: Vec<_> = refused.difference(&wanted).collect();
    assert!(lost.is_empty(), "the compiler refuses\n{lost:#?}");
}

/// The type with `lifetime` in the place of one parameter.
fn with(ty: &public_types::PublicType, parameter: &str, lifetime: &str) -> String {
    let arguments = ty.parameters.iter().map(|each| match (each == parameter, each.starts_with('\'')) {
        (true, true) => lifetime.to_owned(),
        (true, false) => format!("&{lifetime} u8"),
        (false, true) => "'other".to_owned(),
        (false, false) => "()".to_owned(),
    });
    format!("wamr::{}<{}>", ty.name, arguments.collect::<Vec<_>>().join(", "))
}
