//! What the entries of a manifest's list of capabilities permit, in words.

/// What an entry permits an app to do. Others than those of this project depend on the firmware.
pub fn in_words(entry: &str) -> String {
    let (capability, resource) = match entry.split_once(':') {
        Some((capability, resource)) => (capability, Some(resource)),
        None => (entry, None),
    };
    let of = |all: &str, one: &dyn Fn(&str) -> String| resource.map_or_else(|| all.to_owned(), one);
    match capability {
        "wamr" => "log, read the uptime, and confirm a new version".into(),
        "log" => "write to the device's log".into(),
        "clock" => "read the time".into(),
        "timer" => "be called after a time".into(),
        "gpio" => of("use every pin that the firmware offers", &|name| format!("use the pin {name}")),
        "i2c" => of("use every I2C bus and device that the firmware offers", &|name| format!("use {name} over I2C")),
        "spi" => of("use every SPI device that the firmware offers", &|name| format!("use {name} over SPI")),
        "adc" => of("measure every analog input", &|name| format!("measure the analog input {name}")),
        "pwm" => of("use every PWM output", &|name| format!("use the PWM output {name}")),
        "sensor" => of("read every sensor", &|name| format!("read the sensor {name}")),
        "uart" => of("use every serial port that the firmware offers", &|name| format!("use the serial port {name}")),
        "kv" => of("store values that survive restarts", &|bytes| {
            format!("store at most {bytes} bytes of values that survive restarts")
        }),
        "file" => of("keep files", &|bytes| format!("keep at most {bytes} bytes of files")),
        "message" => of("exchange messages with the client, and with each app that permits it", &|name| match name {
            "client" => "exchange messages with the client".into(),
            name => format!("exchange messages with the app {name}, if that app permits it"),
        }),
        "net" => of("talk to every host over the network", &place),
        "rng" => "get random numbers".into(),
        "crypto" => of("use every key of the firmware, without reading it", &|name| {
            format!("use the key {name}, without reading it")
        }),
        "wasi_snapshot_preview1" => {
            "write to the device's log, read the time, sleep and get random numbers, by WASI".into()
        }
        "system" => "read the name and the state of the device, and confirm a new version".into(),
        _ => of("depends on the firmware", &|name| format!("use {name}; depends on the firmware")),
    }
}

/// What the part of an entry after `net:` permits.
fn place(place: &str) -> String {
    match place.split_once('/') {
        Some(("udp", port)) if port.starts_with(':') => {
            format!("exchange datagrams with every host from the device's UDP port {}", &port[1..])
        }
        Some(("udp", place)) => format!("exchange datagrams with {place} over UDP"),
        Some(("tcp", place)) => format!("connect to {place} over TCP"),
        _ => format!("{place} is no place in a network: devices refuse the app"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words for these entries are in `grants.json`, against which the web page checks its own.
    const ENTRIES: &[&str] = &[
        "wamr",
        "log",
        "clock",
        "timer",
        "gpio",
        "gpio:led0",
        "i2c",
        "i2c:bus0",
        "spi",
        "spi:flash",
        "adc",
        "adc:in0",
        "pwm",
        "pwm:led0",
        "sensor",
        "sensor:indoor",
        "uart",
        "uart:gnss",
        "kv",
        "kv:4096",
        "file",
        "file:65536",
        "message",
        "message:client",
        "message:fan",
        "net",
        "net:tcp/example.com:443",
        "net:udp/192.0.2.1:53",
        "net:udp/:5683",
        "net:example.com",
        "rng",
        "crypto",
        "crypto:cloud",
        "wasi_snapshot_preview1",
        "system",
        "acme",
        "acme:coyote",
    ];

    #[test]
    fn entries_have_the_words_in_the_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/grants.json");
        let words: Vec<_> = ENTRIES.iter().map(|entry| format!("  {entry:?}: {:?}", in_words(entry))).collect();
        let json = format!("{{\n{}\n}}\n", words.join(",\n"));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(file, &json).unwrap();
        }
        let found = std::fs::read_to_string(file).unwrap_or_default();
        assert!(found == json, "{file} is stale: run UPDATE_EXPECT=1 cargo test -p wamrctl grants");
    }

    /// `wit/` has a file for each interface.
    #[test]
    fn each_interface_has_words() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).unwrap();
        let names =
            files.filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".wit").map(str::to_owned));
        let others = ["events", "types", "world"];
        let interfaces: Vec<_> = names.filter(|name| !others.contains(&&**name)).collect();
        assert!(interfaces.len() > 10);
        for interface in interfaces {
            assert_ne!(in_words(&interface), in_words("acme"), "{interface}");
        }
    }
}
