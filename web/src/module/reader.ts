/** Reads numbers and lengths from the bytes of a module. */

/** The bytes are no WebAssembly module that this page can read. */
export class BadModule extends Error {}

export class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw new BadModule(`It ends too early, at byte ${this.bytes.length}.`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** An unsigned LEB128 number of up to 32 bits. */
  number(): number {
    let number = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      number += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) {
        if (number >= 2 ** 32) break;
        return number;
      }
    }
    throw new BadModule(`The number before byte ${this.at} is too long.`);
  }

  /** As many bytes as the number before them says. */
  sized(): Uint8Array {
    return this.take(this.number());
  }

  text(): string {
    return new TextDecoder().decode(this.sized());
  }
}
