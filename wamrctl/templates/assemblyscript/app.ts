// Blinks the LED `led0`: half a second on, half a second off.
import { EVENT_TIMER, OutputPin, startPeriodic } from "./sdk/device";

const TICK: u32 = 0;

let led: OutputPin | null = null;
let isOn = false;

// The device calls this once, after it has loaded the app.
export function start(): void {
  startPeriodic(TICK, 500);
  led = new OutputPin("led0", false);
}

// The device calls this for each event.
export function onEvent(event: u32, id: u32, value: u32): void {
  if (event == EVENT_TIMER && id == TICK) {
    isOn = !isOn;
    led!.set(isOn);
  }
}
