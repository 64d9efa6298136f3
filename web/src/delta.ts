/** A module as changes to another one, made by the encoder of `wamr-delta`, which is compiled to WebAssembly: see web/delta. */

/** The exports of the encoder. */
interface Encoder {
  memory: WebAssembly.Memory;
  input(length: number): number;
  plan(base: number): void;
  frame(at: number, end: number, room: number): number;
  frame_bytes(): number;
  frame_len(): number;
}

export class Plan {
  private constructor(
    private readonly encoder: Encoder,
    private readonly size: number,
  ) {}

  /** Compares a module with a base. */
  static async between(code: WebAssembly.Module, base: Uint8Array, module: Uint8Array): Promise<Plan> {
    // An instance makes one plan: it frees nothing.
    const encoder = (await WebAssembly.instantiate(code)).exports as unknown as Encoder;
    const input = encoder.input(base.length + module.length);
    const memory = new Uint8Array(encoder.memory.buffer);
    memory.set(base, input);
    memory.set(module, input + base.length);
    encoder.plan(base.length);
    return new Plan(encoder, module.length);
  }

  /** Operations in at most `room` bytes that produce the module from `at` on, at most up to `end`, and the offset after them. */
  frame(at: number, end: number, room: number): { operations: Uint8Array; next: number } {
    const next = this.encoder.frame(at, end, room);
    const operations = new Uint8Array(this.encoder.memory.buffer, this.encoder.frame_bytes(), this.encoder.frame_len());
    return { operations: operations.slice(), next };
  }

  /** The number of bytes of all frames, each with a header of some bytes. */
  length(room: number, header: number): number {
    let length = 0;
    for (let at = 0; at < this.size; ) {
      const { operations, next } = this.frame(at, this.size, room);
      length += header + operations.length;
      at = next;
    }
    return length;
  }
}
