/** The part of CBOR (RFC 8949) that the protocol uses: definite lengths, maps with numbers as keys, no tags. */

/** A float that is encoded with this many bits. Other numbers are integers. */
export class Float {
  constructor(
    readonly value: number,
    readonly bits: 32 | 64,
  ) {}
}

export type Cbor = number | bigint | string | boolean | null | Float | Uint8Array | Cbor[] | CborMap;
export type CborMap = Map<number, Cbor>;

/** The bytes are not a message of this protocol. */
export class Malformed extends Error {
  constructor(why: string) {
    super(`The device sent something that this page does not understand: ${why}.`);
  }
}

/** How many arrays and maps may be inside each other. No message has as many. */
const NESTING_MAX = 8;

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const SIMPLE = 7;

export function encode(value: Cbor): Uint8Array<ArrayBuffer> {
  const output: number[] = [];
  write(output, value);
  return Uint8Array.from(output);
}

function write(output: number[], value: Cbor): void {
  if (typeof value === "number" || typeof value === "bigint") {
    const integer = BigInt(value);
    writeHead(output, integer < 0n ? NEGATIVE : UINT, integer < 0n ? -1n - integer : integer);
  } else if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    writeHead(output, TEXT, BigInt(text.length));
    output.push(...text);
  } else if (value instanceof Uint8Array) {
    writeHead(output, BYTES, BigInt(value.length));
    output.push(...value);
  } else if (value instanceof Float) {
    const bytes = new DataView(new ArrayBuffer(value.bits / 8));
    if (value.bits === 32) bytes.setFloat32(0, value.value);
    else bytes.setFloat64(0, value.value);
    output.push((SIMPLE << 5) | (value.bits === 32 ? 26 : 27), ...new Uint8Array(bytes.buffer));
  } else if (Array.isArray(value)) {
    writeHead(output, ARRAY, BigInt(value.length));
    value.forEach((item) => write(output, item));
  } else if (value instanceof Map) {
    writeHead(output, MAP, BigInt(value.size));
    value.forEach((item, key) => {
      write(output, key);
      write(output, item);
    });
  } else {
    output.push((SIMPLE << 5) | (value === null ? 22 : value ? 21 : 20));
  }
}

/** A major type and its number, in as few bytes as possible. */
function writeHead(output: number[], major: number, number: bigint): void {
  if (number < 24n) {
    output.push((major << 5) | Number(number));
    return;
  }
  const size = [0, 1, 2, 3].find((size) => number < 1n << BigInt(8 << size));
  if (size === undefined) throw new RangeError(`${number} has more than 64 bits`);
  output.push((major << 5) | (24 + size));
  for (let shift = (8 << size) - 8; shift >= 0; shift -= 8) output.push(Number((number >> BigInt(shift)) & 0xffn));
}

/** Decodes one value, after which nothing may follow. */
export function decode(bytes: Uint8Array): Cbor {
  const [value, end] = decodeFirst(bytes);
  if (end !== bytes.length) throw new Malformed("bytes follow the message");
  return value;
}

/** Decodes the value at the start of some bytes. Returns where it ends, too. */
export function decodeFirst(bytes: Uint8Array): [Cbor, number] {
  const reader = new Reader(bytes);
  return [reader.value(), reader.at];
}

class Reader {
  at = 0;
  /** The number of arrays and maps that the reader is in. */
  #depth = 0;
  readonly #view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(): Cbor {
    const head = this.#view.getUint8(this.#skip(1));
    const [major, info] = [head >> 5, head & 31];
    if (major === SIMPLE) return this.#simple(info);
    const number = this.#number(info);
    switch (major) {
      case UINT:
        return number;
      case NEGATIVE:
        return typeof number === "bigint" ? -1n - number : -1 - number;
      case BYTES:
        return this.#take(number).slice();
      case TEXT:
        return new TextDecoder().decode(this.#take(number));
      case ARRAY:
        return this.#inside(() => Array.from({ length: this.#count(number) }, () => this.value()));
      case MAP:
        return this.#inside(() => this.#map(this.#count(number)));
      default:
        throw new Malformed("it contains a tag");
    }
  }

  #inside<T>(read: () => T): T {
    if (this.#depth === NESTING_MAX) throw new Malformed("it is nested too deeply");
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #map(count: number): CborMap {
    const map: CborMap = new Map();
    for (let entry = 0; entry < count; entry++) {
      const key = this.value();
      if (typeof key !== "number") throw new Malformed("a key is not a number");
      map.set(key, this.value());
    }
    return map;
  }

  #simple(info: number): Cbor {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 26:
        return new Float(this.#view.getFloat32(this.#skip(4)), 32);
      case 27:
        return new Float(this.#view.getFloat64(this.#skip(8)), 64);
      default:
        throw new Malformed(`it contains the simple value ${info}`);
    }
  }

  /** A number, as a `bigint` only if it is not safe otherwise. */
  #number(info: number): number | bigint {
    switch (info) {
      case 24:
        return this.#view.getUint8(this.#skip(1));
      case 25:
        return this.#view.getUint16(this.#skip(2));
      case 26:
        return this.#view.getUint32(this.#skip(4));
      case 27: {
        const number = this.#view.getBigUint64(this.#skip(8));
        return number <= Number.MAX_SAFE_INTEGER ? Number(number) : number;
      }
      default:
        if (info < 24) return info;
        throw new Malformed("it has an indefinite length");
    }
  }

  /** A number of elements. Each has a byte at least, so more than there are bytes is an error. */
  #count(number: number | bigint): number {
    if (number > this.bytes.length - this.at) throw new Malformed("it ends too early");
    return Number(number);
  }

  #take(length: number | bigint): Uint8Array {
    const start = this.#skip(this.#count(length));
    return this.bytes.subarray(start, this.at);
  }

  /** Goes on by this many bytes and returns where they start. */
  #skip(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) throw new Malformed("it ends too early");
    this.at += length;
    return start;
  }
}
