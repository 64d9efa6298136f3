/** What the entries of a manifest's list of capabilities permit, in the words of `wamrctl`. */

type Words = string | [all: string, one: (resource: string) => string];

const WORDS: Record<string, Words> = {
  wamr: "log, read the uptime, and confirm a new version",
  log: "write to the device's log",
  clock: "read the time",
  timer: "be called after a time",
  gpio: ["use every pin that the firmware offers", (name) => `use the pin ${name}`],
  i2c: ["use every I2C bus and device that the firmware offers", (name) => `use ${name} over I2C`],
  spi: ["use every SPI device that the firmware offers", (name) => `use ${name} over SPI`],
  adc: ["measure every analog input", (name) => `measure the analog input ${name}`],
  pwm: ["use every PWM output", (name) => `use the PWM output ${name}`],
  sensor: ["read every sensor", (name) => `read the sensor ${name}`],
  uart: ["use every serial port that the firmware offers", (name) => `use the serial port ${name}`],
  kv: ["store values that survive restarts", (bytes) => `store at most ${bytes} bytes of values that survive restarts`],
  file: ["keep files", (bytes) => `keep at most ${bytes} bytes of files`],
  message: [
    "exchange messages with the client, and with each app that permits it",
    (name) =>
      name === "client"
        ? "exchange messages with the client"
        : `exchange messages with the app ${name}, if that app permits it`,
  ],
  net: ["talk to every host over the network", place],
  rng: "get random numbers",
  crypto: ["use every key of the firmware, without reading it", (name) => `use the key ${name}, without reading it`],
  wasi_snapshot_preview1: "write to the device's log, read the time, sleep and get random numbers, by WASI",
  system: "read the name and the state of the device, and confirm a new version",
};

const OF_THE_FIRMWARE: Words = ["depends on the firmware", (name) => `use ${name}; depends on the firmware`];

export function grantText(entry: string): string {
  const colon = entry.indexOf(":");
  const [capability, resource] = colon < 0 ? [entry, undefined] : [entry.slice(0, colon), entry.slice(colon + 1)];
  const words = Object.hasOwn(WORDS, capability) ? WORDS[capability]! : OF_THE_FIRMWARE;
  if (typeof words === "string") return words;
  return resource === undefined ? words[0] : words[1](resource);
}

/** What the part of an entry after `net:` permits. */
function place(place: string): string {
  const [, protocol, address] = /^(udp|tcp)\/(.*)$/.exec(place) ?? [];
  if (protocol === "udp" && address!.startsWith(":")) {
    return `exchange datagrams with every host from the device's UDP port ${address!.slice(1)}`;
  }
  if (protocol === "udp") return `exchange datagrams with ${address} over UDP`;
  if (protocol === "tcp") return `connect to ${address} over TCP`;
  return `${place} is no place in a network: devices refuse the app`;
}
