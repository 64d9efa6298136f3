//! Modules in two forms: as they are, in the interpreter, and in another form that must do the same.

use conformance::corpus::File;
use conformance::{Action, Call, SLOTS, Values, from_val, to_val};
use wamr::{Error, Instance, Val};

/// The instances of a module.
pub struct Pair<'l> {
    pub plain: Instance<'l>,
    pub other: Instance<'l>,
}

/// The results of a call, as text, and its fuel.
pub type End = (Result<Vec<String>, Error>, u64);

/// Runs a file. `load` instantiates a module in both forms, if the interpreter accepts it. `call` calls a function of both, and
/// returns whether the instances can be used further. Both get the place in the file.
pub fn run<'l>(
    file: &File,
    mut load: impl FnMut(&[u8], &str) -> Option<Pair<'l>>,
    mut call: impl FnMut(&mut Pair<'l>, &Call<'_>, &Values<Val>, &str) -> bool,
) {
    file.with_script(|script| {
        let mut pairs: [Option<Pair<'l>>; SLOTS] = [const { None }; SLOTS];
        for step in script.steps() {
            let step = step.unwrap();
            let place = format!("{}:{}", file.name, step.line);
            match &step.action {
                Action::Module { slot, module, .. } => {
                    let pair = &mut pairs[usize::from(*slot)];
                    *pair = None;
                    *pair = load(script.modules[usize::from(*module)], &place);
                }
                Action::Invoke { call: made } | Action::Return { call: made, .. } | Action::Trap { call: made, .. } => {
                    let slot = &mut pairs[usize::from(made.slot)];
                    let Some(pair) = slot.as_mut().filter(|pair| pair.plain.get_func(made.name).is_ok()) else {
                        continue;
                    };
                    let Some(args) = made.args.iter().map(|&value| to_val(value)).collect() else { continue };
                    if !call(pair, made, &args, &place) {
                        *slot = None;
                    }
                }
                _ => {}
            }
        }
    });
}

/// Calls a function.
pub fn results(instance: &mut Instance<'_>, name: &str, args: &[Val]) -> Result<Vec<String>, Error> {
    let values = instance.get_func(name).and_then(|function| function.call(instance, args))?;
    Ok(values.iter().map(|&value| format!("{:x?}", from_val(value))).collect())
}
