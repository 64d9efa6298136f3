//! `wamrctl call`: calls a function of an app that is installed.

use crate::apps::find;
use crate::connection::Connection;
use crate::failure::{Failure, Status};
use crate::invoke::{CallLimits, export};
use crate::names;
use crate::receipt;
use crate::values;
use std::path::PathBuf;
use std::process::ExitCode;
use wamr_client::Link;
use wamr_client::proto::{ErrorCode, Name, Receipt, RunLimits, Value, Values};
use wamr_client::{Client, Error};

/// Call a function of an installed app
///
/// The app keeps its memory between calls. The device reports the function's type, which determines how arguments are parsed. If the app
/// contains a description of its types, strings, lists, records and other values can be passed. WAVE is the text format for them.
#[derive(clap::Args)]
pub struct Arguments {
    /// App name, or number in `wamrctl apps`
    app: String,
    /// Exported function
    export: String,
    /// Arguments: numbers, or values in WAVE if the app describes its types in WIT, such as `'{celsius: 21.5}'`
    #[arg(allow_negative_numbers = true)]
    args: Vec<String>,
    #[command(flatten)]
    limits: CallLimits,
    /// The app's module, for function names in backtraces [default: a copy kept by `wamrctl upload`]
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when there is no such app or function, or it takes other arguments; [`Status::Device`] when the device or the link
/// to it fails.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Arguments { app, export: name, args, limits, module, connection, json } = arguments;
    let (receipt, result, module) = connection.with(async |client| {
        let (app, _) = find(client, app).await?;
        let functions = client.functions(app.number).await?;
        let (receipt, result) = match functions.as_ref().and_then(|functions| functions.get(name)) {
            Some(function) => {
                let called = client.call(app.number, &function, args, limits.into()).await?;
                (called.receipt, called.result)
            }
            None => (call(client, app.number, &export(name)?, args, limits.into()).await?, None),
        };
        let module = match receipt.backtrace.is_empty() && module.is_none() {
            true => Vec::new(),
            false => names::module(module.as_deref(), &client.digest(app.number).await?)?,
        };
        Ok::<_, Failure>((receipt, result, module))
    })?;
    Ok(receipt::print_typed(&receipt, result.as_deref(), &module, *json))
}

/// Calls an export with words for arguments. The types that they are most likely of are tried first: a device that wants others calls
/// nothing and tells which.
async fn call(
    client: &mut Client<impl Link>,
    app: u8,
    export: &Name,
    words: &[String],
    limits: RunLimits,
) -> Result<Receipt, Failure> {
    let usage = |message: String| Failure::new(Status::Usage, message);
    if words.len() > Values::MAX {
        return Err(usage(format!("{} arguments are too many; a call can carry at most {}", words.len(), Values::MAX)));
    }
    let likely = Values::first(words.iter().map(|word| likely(word)));
    let refusal = match client.run(app, export.clone(), likely, limits).await {
        Err(Error::Refused { refusal, .. }) if refusal.code == ErrorCode::BadArguments => refusal,
        done => return Ok(done?),
    };
    let types = refusal.bound.map(types).ok_or_else(|| usage(format!("the device refused the call: {refusal}")))?;
    let its_type = format!("it takes ({})", types.join(", "));
    let args = values::parse_as(export.as_str(), &types, words).map_err(|message| usage(message).help(its_type))?;
    Ok(client.run(app, export.clone(), args, limits).await?)
}

/// The value that a word is if nothing else is known: of the first of these types that has it.
fn likely(word: &str) -> Value {
    let parsed = ["i32", "i64", "f64"].iter().find_map(|ty| values::value(word, ty).ok());
    // No number at all: the device refuses the call, or says that there is no such function.
    parsed.unwrap_or(Value::F64(f64::NAN))
}

/// The types that the bound of a refusal tells.
fn types(mut packed: u32) -> Vec<&'static str> {
    let mut types = Vec::new();
    while packed != 0 {
        types.push(match packed & 15 {
            1 => "i32",
            2 => "i64",
            3 => "f32",
            4 => "f64",
            _ => "reference",
        });
        packed >>= 4;
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_numbers() {
        assert_eq!(types(0), [""; 0]);
        assert_eq!(types(0xf_4321), ["i32", "i64", "f32", "f64", "reference"]);
        assert_eq!(types(0x1111_1111).len(), Values::MAX);
    }

    #[test]
    fn words_have_the_first_type_that_can_represent_them() {
        assert_eq!(likely("-1"), Value::I32(-1));
        assert_eq!(likely("4294967296"), Value::I64(1 << 32));
        assert_eq!(likely("0.5"), Value::F64(0.5));
        assert!(matches!(likely("word"), Value::F64(value) if value.is_nan()));
    }
}
