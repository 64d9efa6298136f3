/** The meanings of the protocol's numbers, in the words of `wamrctl`. */

import type { Refusal } from "./response.js";

const REFUSALS: Record<number, string> = {
  0: "malformed request",
  1: "busy",
  2: "module too large",
  3: "no upload open",
  4: "upload incomplete",
  5: "digest mismatch",
  6: "invalid module",
  7: "unknown import",
  8: "out of memory",
  9: "start function failed",
  10: "no such app",
  11: "no such export",
  12: "bad arguments",
  13: "flash failed",
  14: "limit exceeded",
  15: "no free slot",
  16: "app not started",
  17: "app disabled",
  18: "bad manifest",
  19: "not signed",
  20: "bad signature",
  21: "unknown key",
  22: "older version",
  23: "ledger full",
  24: "no such bond",
  25: "signatures are off",
  26: "undeclared capability",
  27: "unknown capability",
  28: "not permitted",
  29: "flash budget exceeded",
  30: "name taken",
  32: "interrupted",
  33: "app disabled",
  34: "the app is stuck in a host function",
  35: "name too long",
  36: "too many arguments",
  37: "unknown limit",
  38: "value out of range",
  39: "invalid sequence number",
  40: "app not held",
  41: "the app receives no messages of clients",
  42: "too many messages wait",
  43: "message too long",
  44: "call too large",
  45: "native code not permitted",
};

/** What the bound of a refusal means; the others are shown as a number. */
const BOUNDS: Record<number, (bound: number) => string> = {
  2: (bound) => `: the slot holds ${bound} bytes`,
  4: (bound) => `: bytes are missing from offset ${bound}`,
  8: (bound) => `: ${bound} bytes are missing`,
  // The message contains the types.
  12: () => "",
  14: (bound) => `, at most ${bound}`,
  15: (bound) => `: all ${bound} slots hold an app, remove one`,
  17: (bound) => `: it failed ${bound} times in a row, start it to enable it`,
  22: (bound) => `: the security counter must be at least ${bound}`,
  29: (bound) => `: try again in ${bound} seconds`,
  33: (bound) => `: the device restarted ${bound} times in a row while it started the app, start it to enable it`,
  35: (bound) => `: at most ${bound} bytes are allowed`,
  36: (bound) => `: at most ${bound} are allowed`,
  37: (bound) => `: number ${bound}`,
  38: (bound) => `: the argument at index ${bound}`,
  43: (bound) => `: at most ${bound} bytes are allowed`,
  44: (bound) => `: its arguments and results have at most ${bound} bytes together`,
};

const TRAPS = [
  "trap",
  "unreachable executed",
  "memory access out of bounds",
  "table access out of bounds",
  "indirect call to null",
  "indirect call with the wrong type",
  "integer overflow",
  "integer division by zero",
  "invalid conversion to integer",
  "stack overflow",
  "host function failed",
];

const LIMITS = ["fuel", "deadline", "host calls", "host time"];
const UNITS = ["instructions", "µs", "calls", "µs"];
const STATES = ["stopped", "started", "waiting", "disabled", "on trial", "disabled after restarts"];
const SIGNATURES = ["off", "optional", "required"];

const unknown = (number: number) => `number ${number}, which this page does not know`;

export const trapText = (trap: number) => TRAPS[trap] ?? unknown(trap);
export const limitText = (limit: number) => LIMITS[limit] ?? unknown(limit);
export const stateText = (state: number) => STATES[state] ?? unknown(state);
export const signaturesText = (mode: number) => SIGNATURES[mode] ?? unknown(mode);

export function refusalText({ code, bound, message }: Refusal): string {
  const text = REFUSALS[code] ?? unknown(code);
  const details = message === "" ? "" : `: ${message}`;
  const limit = bound === undefined ? "" : (BOUNDS[code]?.(bound) ?? `: ${bound}`);
  return text + details + limit;
}

/** How a run or an app ended that did not return. */
export function endText(
  end: { kind: "trap"; trap: number; message: string } | { kind: "limit"; limit: number; allowed: number; used: number },
): string {
  if (end.kind === "trap") return `trap: ${trapText(end.trap)}${end.message === "" ? "" : `: ${end.message}`}`;
  const unit = UNITS[end.limit] ?? "";
  return `stopped: it exceeded its limit of ${limitText(end.limit)}, ${end.allowed.toLocaleString("en")} ${unit}`;
}
