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

    #[test]
    fn entries_with_and_without_a_resource_differ() {
        assert_eq!(in_words("gpio"), "use every pin that the firmware offers");
        assert_eq!(in_words("gpio:led0"), "use the pin led0");
        assert_eq!(in_words("kv:4096"), "store at most 4096 bytes of values that survive restarts");
        assert_eq!(in_words("file:65536"), "keep at most 65536 bytes of files");
        assert_eq!(in_words("message:client"), "exchange messages with the client");
        assert_eq!(in_words("message:fan"), "exchange messages with the app fan, if that app permits it");
        assert!(in_words("wasi_snapshot_preview1").ends_with("by WASI"));
        assert_eq!(in_words("acme"), "depends on the firmware");
        assert_eq!(in_words("net"), "talk to every host over the network");
        assert_eq!(in_words("net:tcp/example.com:443"), "connect to example.com:443 over TCP");
        assert_eq!(in_words("net:udp/192.0.2.1:53"), "exchange datagrams with 192.0.2.1:53 over UDP");
        assert_eq!(in_words("net:udp/:5683"), "exchange datagrams with every host from the device's UDP port 5683");
        assert_eq!(in_words("net:example.com"), "example.com is no place in a network: devices refuse the app");
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
