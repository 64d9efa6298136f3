/** The connection to a device that a client needs. */

export const CHARACTERISTICS = ["data", "control", "status", "result", "log", "message"] as const;
export type Characteristic = (typeof CHARACTERISTICS)[number];

/** The UUID of the service is number 0, and those of the characteristics follow. */
const uuid = (number: number) => `97acc9a${number}-f97c-4ff2-9cef-6e96157a9ffa`;
export const SERVICE = uuid(0);
export const uuidOf = (characteristic: Characteristic) => uuid(1 + CHARACTERISTICS.indexOf(characteristic));

/** The connection ended, or could not be established. An upload resumes after the next one. */
export class Lost extends Error {
  constructor() {
    super("There is no connection to the device. Check that it is on, near, and not connected to another client.");
  }
}

export interface Link {
  /** What the device is called, for people. */
  readonly name: string;
  /** Settles when the connection has ended. */
  readonly ended: Promise<void>;
  read(characteristic: Characteristic): Promise<Uint8Array>;
  /** Writes a request to *control* and waits until the device has it. */
  writeControl(request: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Writes a frame to *data*, without a response. */
  writeData(frame: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Calls `take` with each notification. Returns whether the device has the characteristic. */
  listen(characteristic: Characteristic, take: (value: Uint8Array) => void): Promise<boolean>;
  close(): void;
}

/** Makes connections to one device. The previous connection must have ended. */
export interface Connector {
  /** Identifies the device, also when the user chooses it again. */
  readonly id: string;
  connect(): Promise<Link>;
}
