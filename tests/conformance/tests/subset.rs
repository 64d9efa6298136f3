//! What devices run, on this computer.

use std::collections::BTreeSet;

use conformance::corpus::{self, File};
use conformance::{Action, DEVICE_LIMITS, DEVICE_POOL, Outcome};
use wamr::{Pool, Runtime};
use wasmparser::{Operator, Parser, Payload};

/// Makes the list of all instructions, by the proposals that they came with, and the name of one.
macro_rules! instructions {
    ($(@$proposal:ident $name:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($annotation:tt)*))*) => {
        const INSTRUCTIONS: &[(&str, &str)] = &[$((stringify!($proposal), stringify!($name))),*];

        fn name(operator: &Operator<'_>) -> &'static str {
            match operator {
                $(Operator::$name { .. } => stringify!($name),)*
                _ => "",
            }
        }
    };
}

wasmparser::for_each_operator!(instructions);

/// The proposals with instructions that WAMR implements.
const PROPOSALS: [&str; 5] = ["mvp", "sign_extension", "saturating_float_to_int", "bulk_memory", "reference_types"];

/// What no valid module has yet: a `select` of several values.
const RESERVED: &str = "TypedSelectMulti";

#[test]
fn the_subset_has_every_instruction() {
    let implemented = INSTRUCTIONS.iter().filter(|(proposal, name)| PROPOSALS.contains(proposal) && *name != RESERVED);
    let wanted: BTreeSet<_> = implemented.map(|&(_, name)| name).collect();
    assert!(wanted.len() > 190, "the list of instructions is not there");
    let found: BTreeSet<_> = corpus::subset().iter().flat_map(instructions).collect();
    let missing: Vec<_> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "no module of the subset has {missing:?}");
}

/// The instructions in the modules of a file that are instantiated.
fn instructions(file: &File) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    file.with_script(|script| {
        for step in script.steps() {
            if let Action::Module { module, .. } = step.expect("a script").action {
                for payload in Parser::new(0).parse_all(script.modules[usize::from(module)]) {
                    if let Payload::CodeSectionEntry(body) = payload.expect("a module") {
                        let operators = body.get_operators_reader().expect("a function");
                        found.extend(operators.into_iter().map(|operator| name(&operator.expect("an instruction"))));
                    }
                }
            }
        }
    });
    found
}

static MEMORY: Pool<DEVICE_POOL> = Pool::new();

#[test]
fn the_subset_passes_with_the_pool_and_limits_of_a_device() {
    let runtime = Runtime::new(MEMORY.take().unwrap()).unwrap();
    let mut failures = Vec::new();
    for file in corpus::subset() {
        file.with_script(|script| {
            script.run(&runtime, &DEVICE_LIMITS, |line, outcome| {
                if let Outcome::Failed(text) = outcome {
                    failures.push(format!("{}:{line}: {text}", script.name));
                }
            });
        });
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
