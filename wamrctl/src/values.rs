//! Reads the arguments of a call from the command line, each as its parameter's type says.

use crate::failure::{Failure, Status};
use crate::module::Signature;
use wamr_proto::{Value, Values};

/// Turns the words behind `--invoke NAME` into the values that the function takes.
///
/// # Errors
/// [`Status::Usage`] when their number or one of them doesn't fit, or when the function's type is beyond what a call can carry.
pub fn parse(name: &str, signature: &Signature, words: &[String]) -> Result<Values, Failure> {
    let usage = |message: String| Failure::new(Status::Usage, message).help(format!("its type is {name}{signature}"));
    let (wanted, given) = (signature.params.len(), words.len());
    if wanted != given {
        return Err(usage(format!("`{name}` takes {wanted} {}, not {given}", plural(wanted as u64, "argument"))));
    }
    if wanted.max(signature.results.len()) > Values::MAX {
        return Err(usage(format!("`{name}` has more than {} arguments or results", Values::MAX)));
    }
    let values = words.iter().zip(&signature.params).map(|(word, ty)| value(word, ty).map_err(usage));
    let values: Vec<_> = values.collect::<Result<_, _>>()?;
    Ok(Values::new(&values).expect("counted above"))
}

fn value(word: &str, ty: &str) -> Result<Value, String> {
    match ty {
        "i32" => integer(word, 32).map(|bits| Value::I32(bits as i32)).ok_or("an integer of 32 bits"),
        "i64" => integer(word, 64).map(|bits| Value::I64(bits as i64)).ok_or("an integer of 64 bits"),
        "f32" => word.parse().map(Value::F32).map_err(|_| "a number"),
        "f64" => word.parse().map(Value::F64).map_err(|_| "a number"),
        _ => return Err(format!("an argument of type {ty} cannot be given on the command line")),
    }
    .map_err(|wanted| format!("`{word}` is not {wanted}"))
}

/// The bits of an integer. They have no sign in WebAssembly: `-1`, `4294967295` and `0xffffffff` name the same 32 of them.
fn integer(word: &str, bits: u32) -> Option<u64> {
    let (negative, digits) = word.strip_prefix('-').map_or((false, word), |digits| (true, digits));
    let (radix, digits) = digits.strip_prefix("0x").map_or((10, digits), |digits| (16, digits));
    if digits.starts_with('+') {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let most = if negative { 1 << (bits - 1) } else { u64::MAX >> (64 - bits) };
    (magnitude <= most).then(|| if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// `1 argument`, `2 arguments`: the noun for a count.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { noun.into() } else { format!("{noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_fit_with_and_without_sign() {
        for (word, bits) in [("-1", -1), ("4294967295", -1), ("0xffffffff", -1), ("-2147483648", i32::MIN), ("7", 7)] {
            assert_eq!(value(word, "i32"), Ok(Value::I32(bits)), "{word}");
        }
        for word in ["4294967296", "-2147483649", "1.5", "", "-", "0x", "-+1", "one"] {
            assert_eq!(value(word, "i32"), Err(format!("`{word}` is not an integer of 32 bits")));
        }
        assert_eq!(value("-9223372036854775808", "i64"), Ok(Value::I64(i64::MIN)));
        assert_eq!(value("18446744073709551615", "i64"), Ok(Value::I64(-1)));
        assert!(value("18446744073709551616", "i64").is_err());
    }

    #[test]
    fn floats_are_read_and_references_refused() {
        assert_eq!(value("-1.5e3", "f32"), Ok(Value::F32(-1500.0)));
        assert_eq!(value("inf", "f64"), Ok(Value::F64(f64::INFINITY)));
        assert!(value("1,5", "f64").is_err());
        assert!(value("0", "externref").is_err());
    }
}
