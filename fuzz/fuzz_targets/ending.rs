//! How a case ends, in words of every engine.

/// How a call, or the making of an instance, ended.
#[derive(Debug, PartialEq)]
pub enum End {
    Values(Vec<Value>),
    Trap(Trap),
    /// Out of fuel, stack or memory, which the two count differently.
    Resources,
}

/// A trap, named as in the specification, as far as both engines distinguish traps.
#[derive(Debug, PartialEq)]
pub enum Trap {
    Unreachable,
    MemoryOutOfBounds,
    /// By an access or by an indirect call.
    TableOutOfBounds,
    UninitializedElement,
    IndirectCallTypeMismatch,
    DivisionByZero,
    IntegerOverflow,
    InvalidConversion,
}

/// A value that compares by its bits. Modules make canonical NaNs only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    /// Which function it is has a name in neither of the two.
    Func,
    Extern(u32),
    Null,
}

/// All that can be seen of an instance between calls.
#[derive(Debug, PartialEq)]
pub struct State<'a> {
    /// Exported globals and elements of exported tables, by the name of the export.
    pub values: Vec<(&'a str, Vec<Value>)>,
    /// The arguments of all calls of the host function, as one number.
    pub host: u64,
}

/// The value of [`State::host`] after a call of the host function.
pub fn mixed(host: u64, a: i32, b: i64, c: f32, d: f64) -> u64 {
    let bits = [a as u64, b as u64, c.to_bits().into(), d.to_bits()];
    bits.into_iter().fold(host, |host, bits| (host ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
}

/// The result of the host function: never a NaN, because the modules do not make NaNs canonical.
pub fn mix(a: i32, b: i64, c: f32, d: f64) -> f64 {
    let result = f64::from(a) + b as f64 + f64::from(c) * d;
    if result.is_nan() { 0.0 } else { result }
}
