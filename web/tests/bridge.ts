/** Starts bridge.py and talks to it. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { BridgeEvent } from "./fake-bluetooth.js";

type Answer = { id: number; result?: unknown; error?: string };

export class Bridge {
  /** Takes the events. */
  onEvent: (event: BridgeEvent) => void = () => {};
  #id = 0;
  #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(private readonly process: ChildProcess) {}

  static async start(python: string, script: string, options: string[]): Promise<Bridge> {
    const child = spawn(python, [script, ...options], { stdio: ["pipe", "pipe", "inherit"] });
    const bridge = new Bridge(child);
    const ready = new Promise<void>((resolve, reject) => {
      child.once("exit", (status) => reject(new Error(`bridge.py ended with the status ${status}`)));
      createInterface({ input: child.stdout! }).on("line", (line) => {
        const message = JSON.parse(line) as Answer | (BridgeEvent & { event: string });
        if ("id" in message) bridge.#waiting.get(message.id)?.(message);
        else if ((message.event as string) === "ready") resolve();
        else bridge.onEvent(message);
      });
    });
    await ready;
    return bridge;
  }

  async perform(request: object): Promise<unknown> {
    const id = ++this.#id;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.process.stdin!.write(`${JSON.stringify({ ...request, id })}\n`);
    const { result, error } = await answered;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** Ends bridge.py and the twin. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin!.end();
    await ended;
  }
}
