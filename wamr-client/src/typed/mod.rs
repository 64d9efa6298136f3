//! Calls of functions with WIT types, with values as [WAVE](https://docs.rs/wasm-wave) text.
//!
//! The device knows no types. They come from the section `component-type` of the app, which its toolchain wrote. A client puts the
//! arguments into the memory of the app as the canonical ABI requires, calls the function, and reads the result:
//! `docs/protocol.md`, *Calls with arguments or results in memory*.

mod error;
mod functions;
mod lift;
mod lower;
mod memory;

use crate::{Client, Error, Link};
use wamr_proto::{ErrorCode, Outcome, Part, Receipt, RunLimits, Value, Values};
use wit_parser::Mangling;

pub use error::TypedError;
pub use functions::{Function, Functions};
use lift::lift_results;
use lower::lower_arguments;
use memory::{HOLD, Memory};

/// The end of a typed call.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    /// The result as WAVE text. `None` if the function has no result, or if the app trapped or exceeded a limit.
    pub result: Option<String>,
    /// The receipt of the function itself.
    pub receipt: Receipt,
}

impl<L: Link> Client<L> {
    /// Reads the functions with WIT types that an app exports. `None` if its module does not describe them.
    ///
    /// # Errors
    /// [`TypedError`].
    pub async fn functions(&mut self, app: u8) -> Result<Option<Functions>, TypedError> {
        let section = self.section(Part::Types, app).await?;
        if section.is_empty() { Ok(None) } else { Functions::decode(&section).map(Some) }
    }

    /// Calls a function of an app. The arguments are WAVE text, one for each parameter. A string needs no quotation marks.
    ///
    /// # Errors
    /// [`TypedError`]. A trap of the function is none: the receipt reports it.
    pub async fn call(
        &mut self,
        app: u8,
        function: &Function<'_>,
        arguments: &[impl AsRef<str>],
        limits: RunLimits,
    ) -> Result<Called, TypedError> {
        let arguments = function.parse(arguments)?;
        self.hold(app, HOLD).await?;
        let mut called = self.call_held(app, function, &arguments, limits, Mangling::Legacy).await;
        if let Err(TypedError::Client(Error::Refused { refusal, .. })) = &called
            && refusal.code == ErrorCode::NoSuchExport
        {
            called = self.call_held(app, function, &arguments, limits, Mangling::Standard32).await;
        }
        // The hold would end by itself.
        let _ = self.hold(app, 0).await;
        called
    }

    async fn call_held(
        &mut self,
        app: u8,
        function: &Function<'_>,
        arguments: &[wasm_wave::value::Value],
        limits: RunLimits,
        mangling: Mangling,
    ) -> Result<Called, TypedError> {
        let mut memory = Memory::new(self, app, mangling);
        let flat = lower_arguments(&mut memory, function, arguments).await?;
        let args = Values::new(&flat).ok_or(TypedError::TooManyArguments { flat: flat.len() })?;
        memory.keep_held().await?;
        let receipt = memory.client().run(app, function.export(mangling)?, args, limits).await?;
        let Outcome::Returned(results) = &receipt.outcome else { return Ok(Called { result: None, receipt }) };
        let lifted = lift_results(&mut memory, function, results).await;
        // Also if the result could not be read: otherwise the app would never free it.
        if let [Value::I32(_)] = **results {
            memory.post_return(function, results.clone()).await?;
        }
        let result = lifted?.map(|value| wasm_wave::to_string(&value)).transpose().map_err(TypedError::types)?;
        Ok(Called { result, receipt })
    }
}
