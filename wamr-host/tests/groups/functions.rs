//! Every function of every interface, with the kinds of its parameters.

use wamr_proto::Values;

/// Where the memory of an app has the arguments of a function with more of them than a request, as words.
pub const ARGS: u32 = 0xc0;

/// A function that apps import.
#[derive(Clone, Copy)]
pub struct Function {
    /// The module of the import.
    pub module: &'static str,
    pub name: &'static str,
    pub params: &'static [Param],
    /// The type of the result, or none.
    pub result: &'static str,
    /// The function that opens the resource of its handle.
    pub open: Option<&'static str>,
}

/// What a parameter is. Texts and lists have two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    Handle,
    /// The handle of another resource, with the function that opens it.
    Other(&'static str),
    /// The name of a resource, or a text.
    Text(&'static str),
    Bytes,
    /// A list of operations of 16 bytes.
    Operations,
    Enum,
    /// An enum with two cases.
    State,
    Number,
    Long,
    /// The address of the result, with this alignment.
    Return(u32),
}
use Param::*;

impl Param {
    /// The types of its numbers.
    pub fn types(&self) -> &'static [&'static str] {
        match self {
            Long => &["i64"],
            Text(_) | Bytes | Operations => &["i32", "i32"],
            _ => &["i32"],
        }
    }
}

const fn function(module: &'static str, name: &'static str, params: &'static [Param]) -> Function {
    Function { module, name, params, result: "", open: None }
}

impl Function {
    const fn returns(self, result: &'static str) -> Self {
        Self { result, ..self }
    }

    const fn of(self, open: &'static str) -> Self {
        Self { open: Some(open), ..self }
    }

    /// The name under which the guest of the tests exports it.
    pub fn export(&self) -> String {
        match self.name {
            // Several interfaces have one.
            "open" | "[method]channel.read" | "[resource-drop]channel" | "start" => {
                format!("{} {}", self.group(), self.name)
            }
            name => name.to_owned(),
        }
    }

    /// The types of its parameters.
    pub fn types(&self) -> Vec<&'static str> {
        self.params.iter().flat_map(Param::types).copied().collect()
    }

    /// Whether its export reads the arguments at [`ARGS`], because a request has fewer.
    pub fn reads_arguments(&self) -> bool {
        self.types().len() > Values::MAX
    }

    /// The text of an export that calls the import with this id.
    pub fn text(&self, id: &str) -> String {
        let (types, reads) = (self.types(), self.reads_arguments());
        let arg = |index| match reads {
            true => format!("(i32.load (i32.const {})) ", ARGS + 4 * index),
            false => format!("(local.get {index}) "),
        };
        let args: String = (0..types.len() as u32).map(arg).collect();
        let params = if reads { String::new() } else { types.join(" ") };
        let result = if self.result.is_empty() { String::new() } else { format!("(result {})", self.result) };
        format!("(func (export {:?}) (param {params}) {result} (call {id} {args}))", self.export())
    }

    /// The name of its group.
    pub fn group(&self) -> &'static str {
        wamr_proto::capability_of(self.module)
    }
}

const GPIO: &str = "wamr:device/gpio@0.1.0";
const DIGITAL: &str = "wasi:gpio/digital@0.2.0";
const I2C: &str = "wasi:i2c/i2c@0.2.0-draft";
const SPI: &str = "wasi:spi/spi";
const ADC: &str = "wamr:device/adc@0.1.0";
const PWM: &str = "wamr:device/pwm@0.1.0";
const SENSOR: &str = "wamr:device/sensor@0.1.0";
const UART: &str = "wamr:device/uart@0.1.0";
const CRYPTO: &str = "wamr:device/crypto@0.1.0";
const FILE: &str = "wamr:device/file@0.1.0";
const KV: &str = "wamr:device/kv@0.1.0";
const MESSAGE: &str = "wamr:device/message@0.1.0";
const NET: &str = "wamr:device/net@0.1.0";
const SYSTEM: &str = "wamr:device/system@0.1.0";
const TIMER: &str = "wamr:device/timer@0.1.0";

pub const FUNCTIONS: &[Function] = &[
    function("wamr:device/log@0.1.0", "log", &[Enum, Text("a line")]),
    function("wamr:device/clock@0.1.0", "now", &[]).returns("i64"),
    function("wamr:device/clock@0.1.0", "unix-time", &[Return(8)]),
    function(TIMER, "start", &[Number, Number, Return(1)]),
    function(TIMER, "start-periodic", &[Number, Number, Return(1)]),
    function(TIMER, "cancel", &[Number]).returns("i32"),
    function(GPIO, "open-input", &[Text("button0"), Enum, Return(4)]),
    function(GPIO, "open-output", &[Text("led0"), Number, Return(4)]),
    function(GPIO, "[method]input-pin.is-active", &[Handle, Return(1)]).of("open-input"),
    function(GPIO, "[method]input-pin.watch", &[Handle, Enum, Number, Return(1)]).of("open-input"),
    function(GPIO, "[method]input-pin.unwatch", &[Handle]).of("open-input"),
    function(GPIO, "[resource-drop]input-pin", &[Handle]).of("open-input"),
    function(GPIO, "[method]output-pin.set", &[Handle, Number, Return(1)]).of("open-output"),
    function(GPIO, "[method]output-pin.is-set-active", &[Handle]).returns("i32").of("open-output"),
    function(GPIO, "[resource-drop]output-pin", &[Handle]).of("open-output"),
    function(GPIO, "open-digital-in", &[Text("button0"), Enum, Return(4)]),
    function(GPIO, "open-digital-out", &[Text("led0"), Number, Return(4)]),
    function(DIGITAL, "[method]digital-out-pin.get-config", &[Handle, Return(4)]).of("open-digital-out"),
    function(DIGITAL, "[method]digital-out-pin.set-state", &[Handle, State, Return(4)]).of("open-digital-out"),
    function(DIGITAL, "[method]digital-out-pin.set-active", &[Handle, Return(4)]).of("open-digital-out"),
    function(DIGITAL, "[method]digital-out-pin.set-inactive", &[Handle, Return(4)]).of("open-digital-out"),
    function(DIGITAL, "[method]digital-out-pin.toggle", &[Handle, Return(4)]).of("open-digital-out"),
    function(DIGITAL, "[resource-drop]digital-out-pin", &[Handle]).of("open-digital-out"),
    function(DIGITAL, "[method]digital-in-pin.get-config", &[Handle, Return(4)]).of("open-digital-in"),
    function(DIGITAL, "[method]digital-in-pin.read", &[Handle, Return(4)]).of("open-digital-in"),
    function(DIGITAL, "[method]digital-in-pin.is-active", &[Handle, Return(4)]).of("open-digital-in"),
    function(DIGITAL, "[method]digital-in-pin.is-inactive", &[Handle, Return(4)]).of("open-digital-in"),
    function(DIGITAL, "[resource-drop]digital-in-pin", &[Handle]).of("open-digital-in"),
    function("wamr:device/i2c@0.1.0", "open", &[Text("i2c0"), Return(4)]),
    function(I2C, "[method]i2c.read", &[Handle, Number, Long, Return(4)]).of("i2c open"),
    function(I2C, "[method]i2c.write", &[Handle, Number, Bytes, Return(1)]).of("i2c open"),
    function(I2C, "[method]i2c.write-read", &[Handle, Number, Bytes, Long, Return(4)]).of("i2c open"),
    function(I2C, "[method]i2c.transaction", &[Handle, Number, Operations, Return(4)]).of("i2c open"),
    function(I2C, "[resource-drop]i2c", &[Handle]).of("i2c open"),
    function(SPI, "open", &[Text("spi0"), Return(4)]),
    function(SPI, "[method]spi-device.read", &[Handle, Long, Return(4)]).of("spi open"),
    function(SPI, "[method]spi-device.write", &[Handle, Bytes, Return(4)]).of("spi open"),
    function(SPI, "[method]spi-device.transfer", &[Handle, Bytes, Return(4)]).of("spi open"),
    function(SPI, "[method]spi-device.transaction", &[Handle, Operations, Return(4)]).of("spi open"),
    function(SPI, "[resource-drop]spi-device", &[Handle]).of("spi open"),
    function(ADC, "open", &[Text("adc0"), Return(4)]),
    function(ADC, "[method]channel.read", &[Handle, Return(4)]).of("adc open"),
    function(ADC, "[resource-drop]channel", &[Handle]).of("adc open"),
    function(PWM, "open", &[Text("pwm0"), Return(4)]),
    function(PWM, "[method]channel.set", &[Handle, Number, Number, Return(1)]).of("pwm open"),
    function(PWM, "[resource-drop]channel", &[Handle]).of("pwm open"),
    function(SENSOR, "open", &[Text("thermometer"), Return(4)]),
    function(SENSOR, "[method]sensor.read", &[Handle, Text("ambient-temp"), Return(8)]).of("sensor open"),
    function(SENSOR, "[method]sensor.watch", &[Handle, Number, Return(1)]).of("sensor open"),
    function(SENSOR, "[method]sensor.unwatch", &[Handle]).of("sensor open"),
    function(SENSOR, "[resource-drop]sensor", &[Handle]).of("sensor open"),
    function(UART, "open", &[Text("uart0"), Return(4)]),
    function(UART, "[method]port.read", &[Handle, Number, Return(4)]).of("uart open"),
    function(UART, "[method]port.write", &[Handle, Bytes, Return(4)]).of("uart open"),
    function(UART, "[method]port.watch", &[Handle, Number]).of("uart open"),
    function(UART, "[method]port.unwatch", &[Handle]).of("uart open"),
    function(UART, "[resource-drop]port", &[Handle]).of("uart open"),
    function(FILE, "open", &[Text("a.txt"), Enum, Return(4)]),
    function(FILE, "entry-at", &[Number, Return(4)]),
    function(FILE, "remove", &[Text("a.txt"), Return(1)]),
    function(FILE, "rename", &[Text("a.txt"), Text("a.txt"), Return(1)]),
    function(FILE, "[method]file.read", &[Handle, Number, Number, Return(4)]).of("file open"),
    function(FILE, "[method]file.write", &[Handle, Number, Bytes, Return(1)]).of("file open"),
    function(FILE, "[method]file.append", &[Handle, Bytes, Return(1)]).of("file open"),
    function(FILE, "[method]file.size", &[Handle]).returns("i32").of("file open"),
    function(FILE, "[method]file.sync", &[Handle, Return(1)]).of("file open"),
    function(FILE, "[resource-drop]file", &[Handle]).of("file open"),
    function(KV, "get", &[Text("a key"), Number, Return(4)]),
    function(KV, "set", &[Text("a key"), Bytes, Return(1)]),
    function(KV, "delete", &[Text("a key"), Return(1)]),
    function(MESSAGE, "send", &[State, Text("another"), Bytes, Return(1)]),
    function(MESSAGE, "receive", &[Number, Return(4)]),
    function(NET, "look-up", &[Text("a-host"), Number, Return(4)]),
    function(NET, "[method]remote-host.address", &[Handle, Return(4)]).of("look-up"),
    function(NET, "[resource-drop]remote-host", &[Handle]).of("look-up"),
    function(NET, "connect", &[Other("look-up"), Number, Number, Return(4)]),
    function(NET, "[method]connection.send", &[Handle, Bytes, Return(4)]).of("connect"),
    function(NET, "[method]connection.receive", &[Handle, Number, Return(4)]).of("connect"),
    function(NET, "[resource-drop]connection", &[Handle]).of("connect"),
    function(NET, "bind", &[Number, Number, Return(4)]),
    function(NET, "[method]udp-socket.send-to", &[Handle, Other("look-up"), Number, Bytes, Return(1)]).of("bind"),
    function(NET, "[method]udp-socket.receive-from", &[Handle, Number, Return(4)]).of("bind"),
    function(NET, "[resource-drop]udp-socket", &[Handle]).of("bind"),
    function("wamr:device/rng@0.1.0", "bytes", &[Number, Return(4)]),
    function("wamr:device/rng@0.1.0", "number", &[]).returns("i64"),
    function(CRYPTO, "sha256", &[Bytes, Return(4)]),
    function(CRYPTO, "hmac-sha256", &[Text("key0"), Bytes, Return(4)]),
    function(CRYPTO, "aes-gcm-encrypt", &[Text("key0"), Bytes, Bytes, Bytes, Return(4)]),
    function(CRYPTO, "aes-gcm-decrypt", &[Text("key0"), Bytes, Bytes, Bytes, Return(4)]),
    function(CRYPTO, "ed25519-verify", &[Bytes, Bytes, Bytes]).returns("i32"),
    function(SYSTEM, "name", &[Return(4)]),
    function(SYSTEM, "last-reset", &[]).returns("i32"),
    function(SYSTEM, "battery", &[Return(1)]),
    function(SYSTEM, "confirm", &[]),
];
