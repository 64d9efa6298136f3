/** A device whose answers the tests choose. */

import type { Characteristic, Link } from "../src/bluetooth/link.js";
import { type Cbor, type CborMap, decode, encode } from "../src/protocol/cbor.js";

const IDLE = encode(new Map<number, Cbor>([[0, 5], [1, 1000], [2, 0], [3, []], [5, 0]]));

/** A device that answers each command with the next of these maps, by ending the connection, or with success after the next command. */
export class FakeLink implements Link {
  readonly name = "fake";
  readonly commands: Cbor[] = [];
  #end = () => {};
  readonly ended = new Promise<void>((resolve) => (this.#end = resolve));
  #takers = new Map<Characteristic, (value: Uint8Array) => void>();

  #late: Cbor | undefined;

  constructor(private readonly answers: (CborMap | "end" | "late")[]) {}

  read = () => Promise.resolve(IDLE);
  writeData = (_frame: Uint8Array): Promise<void> => Promise.resolve();
  close = () => this.#end();

  listen(characteristic: Characteristic, take: (value: Uint8Array) => void): Promise<boolean> {
    this.#takers.set(characteristic, take);
    return Promise.resolve(true);
  }

  notify(characteristic: Characteristic, message: Cbor): void {
    this.#takers.get(characteristic)!(encode(message));
  }

  writeControl(request: Uint8Array): Promise<void> {
    const message = decode(request) as CborMap;
    this.commands.push(message.get(1)!);
    const answer = this.answers.shift();
    const seq = message.get(0)!;
    if (this.#late !== undefined) this.notify("control", new Map([[0, this.#late]]));
    this.#late = answer === "late" ? seq : undefined;
    if (answer === "end") this.#end();
    if (answer instanceof Map) this.notify("control", new Map([[0, seq], ...answer]));
    return Promise.resolve();
  }
}
