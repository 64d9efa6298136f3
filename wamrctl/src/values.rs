//! Reads the arguments of a call from the command line, each as its parameter's type says.

use crate::failure::{Failure, Status};
use crate::module::Signature;
use std::ffi::OsString;
use wamr_client::proto::{Value, Values};

/// Stands for `-` in words that would be taken for options.
const MINUS: char = '\u{2212}';

/// Turns words into the values that a function takes.
///
/// # Errors
/// [`Status::Usage`] when their number or one of them doesn't fit, or when the function's type is beyond what a call can carry.
pub fn parse(name: &str, signature: &Signature, words: &[String]) -> Result<Values, Failure> {
    let usage = |message: String| Failure::new(Status::Usage, message).help(format!("its type is {name}{signature}"));
    if signature.params.len().max(signature.results.len()) > Values::MAX {
        return Err(usage(format!("`{name}` has more than {} arguments or results", Values::MAX)));
    }
    let types: Vec<_> = signature.params.iter().map(String::as_str).collect();
    parse_as(name, &types, words).map_err(usage)
}

/// Turns words into values of these types, at most [`Values::MAX`].
///
/// # Errors
/// What is wrong, when their number or one of them doesn't fit.
pub fn parse_as(name: &str, types: &[&str], words: &[String]) -> Result<Values, String> {
    let (wanted, given) = (types.len(), words.len());
    if wanted != given {
        return Err(format!("`{name}` takes {wanted} {}, not {given}", plural(wanted as u64, "argument")));
    }
    let values: Vec<_> = words.iter().zip(types).map(|(word, ty)| value(word, ty)).collect::<Result<_, _>>()?;
    Values::new(&values).ok_or_else(|| format!("`{name}` has more than {} arguments", Values::MAX))
}

/// The command line, as clap is to see it: numbers that it would take for options, such as `-inf`, `-nan:0x1` and `-0xff`, begin with
/// another minus sign, which [`parse`] reads as well.
pub fn protect(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    words.map(|word| match word.to_str().and_then(|text| text.strip_prefix('-')) {
        Some(rest) if ["inf", "nan", "0x"].iter().any(|start| rest.starts_with(start)) => {
            format!("{MINUS}{rest}").into()
        }
        _ => word,
    })
}

/// The value of this type that a word is.
///
/// # Errors
/// What is wrong.
pub fn value(word: &str, ty: &str) -> Result<Value, String> {
    let word = &*word.replacen(MINUS, "-", 1);
    match ty {
        "i32" => integer(word, 32).map(|bits| Value::I32(bits as i32)).ok_or("an integer of 32 bits"),
        "i64" => integer(word, 64).map(|bits| Value::I64(bits as i64)).ok_or("an integer of 64 bits"),
        "f32" => match nan(word, 23) {
            Some(bits) => Ok(Value::F32(f32::from_bits((bits >> 32) as u32))),
            None => word.parse().map(Value::F32).map_err(|_| "a number"),
        },
        "f64" => match nan(word, 52) {
            Some(bits) => Ok(Value::F64(f64::from_bits(bits))),
            None => word.parse().map(Value::F64).map_err(|_| "a number"),
        },
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

/// The bits of a NaN with a fraction of so many bits, the highest of the result: `nan`, `-nan`, `nan:0x200000`.
fn nan(word: &str, fraction: u32) -> Option<u64> {
    let (negative, word) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let payload = match word.strip_prefix("nan")? {
        "" => 1 << (fraction - 1),
        payload => u64::from_str_radix(payload.strip_prefix(":0x")?, 16).ok()?,
    };
    let exponent = if fraction == 23 { 0xff << 55 } else { 0x7ff << 52 };
    let low = if fraction == 23 { 32 } else { 0 };
    let fits = payload > 0 && payload < 1 << fraction;
    fits.then_some(u64::from(negative) << 63 | exponent | payload << low)
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
        for word in ["1,5", "nan:0x0", "nan:0x800000", "nan:", "nan:7", "nan:0x"] {
            assert!(value(word, "f32").is_err(), "{word}");
        }
        assert!(value("0", "externref").is_err());
    }

    #[test]
    fn printed_values_can_be_passed_again() {
        let singles = [0, 1, 0x8000_0000, 0x3dcc_cccd, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0000];
        for bits in singles.into_iter().chain([0x7f80_0001, 0xffbf_ffff, 0x7fff_ffff]) {
            let shown = Value::F32(f32::from_bits(bits)).to_string();
            let Ok(Value::F32(back)) = value(&shown, "f32") else { panic!("{shown}") };
            assert_eq!(back.to_bits(), bits, "{shown}");
        }
        for bits in
            [0, 1, 1 << 63, 0x3fb9_9999_9999_999a, 0x7e37_e43c_8800_759c, 0x7ff << 52, 0xfff8 << 48, (0x7ff << 52) | 1]
        {
            let shown = Value::F64(f64::from_bits(bits)).to_string();
            let Ok(Value::F64(back)) = value(&shown, "f64") else { panic!("{shown}") };
            assert_eq!(back.to_bits(), bits, "{shown}");
        }
    }

    #[test]
    fn negative_numbers_are_not_options() {
        let words = ["run", "-inf", "-nan:0x1", "-0xff", "-1", "--json", "-o", "inf"];
        let protected: Vec<_> = protect(words.iter().map(Into::into)).map(|word| word.into_string().unwrap()).collect();
        let back: Vec<_> = protected.iter().map(|word| word.replacen(MINUS, "-", 1)).collect();
        assert_eq!(back, words);
        let changed: Vec<_> =
            words.iter().zip(&protected).filter(|(word, seen)| **word != **seen).map(|(word, _)| *word).collect();
        assert_eq!(changed, ["-inf", "-nan:0x1", "-0xff"]);
        assert_eq!(value(&protected[3], "i32"), Ok(Value::I32(-255)));
    }
}
