// Pins, timers and the log of a device. After an error, a function traps, and the device restarts the app as its manifest says.

// The cases of an event.
export const EVENT_TIMER: u32 = 0;
export const EVENT_PIN: u32 = 1;
export const EVENT_MESSAGE: u32 = 2;
export const EVENT_UART: u32 = 3;
export const EVENT_SENSOR: u32 = 4;
export const EVENT_CUSTOM: u32 = 5;
export const EVENT_NET: u32 = 6;

// Levels of the log.
export const ERROR: u32 = 0;
export const WARN: u32 = 1;
export const INFO: u32 = 2;
export const DEBUG: u32 = 3;
export const TRACE: u32 = 4;

// Pull resistors.
export const PULL_NONE: u32 = 0;
export const PULL_UP: u32 = 1;
export const PULL_DOWN: u32 = 2;

// Edges.
export const RISING: u32 = 0;
export const FALLING: u32 = 1;
export const BOTH: u32 = 2;

@external("wamr:device/log@0.1.0", "log")
declare function logText(level: u32, text: usize, length: i32): void;
@external("wamr:device/timer@0.1.0", "start")
declare function startOnce(id: u32, delay: u32, result: usize): void;
@external("wamr:device/timer@0.1.0", "start-periodic")
declare function startAgain(id: u32, period: u32, result: usize): void;
@external("wamr:device/gpio@0.1.0", "open-output")
declare function openOutput(name: usize, length: i32, active: bool, result: usize): void;
@external("wamr:device/gpio@0.1.0", "[method]output-pin.set")
declare function setOutput(pin: u32, active: bool, result: usize): void;
@external("wamr:device/gpio@0.1.0", "open-input")
declare function openInput(name: usize, length: i32, pull: u32, result: usize): void;
@external("wamr:device/gpio@0.1.0", "[method]input-pin.is-active")
declare function isInputActive(pin: u32, result: usize): void;
@external("wamr:device/gpio@0.1.0", "[method]input-pin.watch")
declare function watchInput(pin: u32, edge: u32, id: u32, result: usize): void;

// Where the device writes results: whether there was an error, and the value at its alignment.
const RESULT = memory.data(8, 4);

function check(): void {
  assert(load<u8>(RESULT) == 0);
}

// Writes a line to the device's log.
export function log(text: string, level: u32 = INFO): void {
  const bytes = String.UTF8.encode(text);
  logText(level, changetype<usize>(bytes), bytes.byteLength);
}

// Starts a timer that expires once, after so many milliseconds.
export function startTimer(id: u32, delay: u32): void {
  startOnce(id, delay, RESULT);
  check();
}

// Starts a timer that expires again and again, after so many milliseconds.
export function startPeriodic(id: u32, period: u32): void {
  startAgain(id, period, RESULT);
  check();
}

// An output by the name that the firmware gives it.
export class OutputPin {
  private handle: u32;

  constructor(name: string, active: bool) {
    const bytes = String.UTF8.encode(name);
    openOutput(changetype<usize>(bytes), bytes.byteLength, active, RESULT);
    check();
    this.handle = load<u32>(RESULT, 4);
  }

  set(active: bool): void {
    setOutput(this.handle, active, RESULT);
    check();
  }
}

// An input by the name that the firmware gives it.
export class InputPin {
  private handle: u32;

  constructor(name: string, pull: u32 = PULL_NONE) {
    const bytes = String.UTF8.encode(name);
    openInput(changetype<usize>(bytes), bytes.byteLength, pull, RESULT);
    check();
    this.handle = load<u32>(RESULT, 4);
  }

  get isActive(): bool {
    isInputActive(this.handle, RESULT);
    check();
    return load<bool>(RESULT, 1);
  }

  // Asks for an event with this id for each edge. Its value is the state of the pin.
  watch(edge: u32, id: u32): void {
    watchInput(this.handle, edge, id, RESULT);
    check();
  }
}
