/** The value of *status*. */

import { type Cbor, decode } from "./cbor.js";
import { bytes, list, map, optional, uint } from "./fields.js";

/** The version of the protocol that this page speaks. */
export const PROTOCOL_VERSION = 5;

export const Activity = { Idle: 0, Installing: 1, Running: 2 } as const;
export const AppState = { Stopped: 0, Started: 1, Waiting: 2, Disabled: 3, OnTrial: 4, RestartedDevice: 5 } as const;
export const Signatures = { Off: 0, Optional: 1, Required: 2 } as const;

export interface AppStatus {
  number: number;
  state: number;
  failures: number;
  fingerprint: Uint8Array;
}

export interface Upload {
  size: number;
  fingerprint: Uint8Array;
  durable: number;
  granted: number;
  resend: number | undefined;
}

export interface Status {
  version: number;
  slot: number;
  activity: number;
  apps: AppStatus[];
  upload: Upload | undefined;
  signatures: number;
  more: number | undefined;
}

export function decodeStatus(value: Uint8Array): Status {
  const status = map(decode(value));
  return {
    version: uint(status.get(0)),
    slot: uint(status.get(1)),
    activity: uint(status.get(2)),
    apps: readApps(status.get(3)),
    upload: optional(status.get(4), readUpload),
    signatures: uint(status.get(5)),
    more: optional(status.get(6), uint),
  };
}

/** The apps in an excerpt. */
export function decodeApps(value: Uint8Array): AppStatus[] {
  return readApps(decode(value));
}

function readApps(value: Cbor | undefined): AppStatus[] {
  return list(value).map((item) => {
    const [number, state, failures, fingerprint] = list(item);
    return { number: uint(number), state: uint(state), failures: uint(failures), fingerprint: bytes(fingerprint) };
  });
}

function readUpload(value: Cbor): Upload {
  const upload = map(value);
  return {
    size: uint(upload.get(0)),
    fingerprint: bytes(upload.get(1)),
    durable: uint(upload.get(2)),
    granted: uint(upload.get(3)),
    resend: optional(upload.get(4), uint),
  };
}
