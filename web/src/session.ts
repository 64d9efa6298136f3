/** The device that the page works with, and what it has reported. */

import type { Connector } from "./bluetooth/link.js";
import { type App, Client, type Listener, type TrustedKey } from "./client.js";
import type { Receipt } from "./protocol/receipt.js";
import type { Status } from "./protocol/status.js";

/** How many receipts, messages and log lines are kept. */
const KEPT = 200;

export interface Message {
  app: number;
  bytes: Uint8Array;
}

type Topic = "connection" | "apps" | "receipts" | "messages" | "log";

export class Session {
  client: Client | undefined;
  status: Status | undefined;
  /** Why the page has ended the last connection. */
  failure: Error | undefined;
  apps: App[] = [];
  /** The keys that the device trusts. */
  keys: TrustedKey[] = [];
  receipts: Receipt[] = [];
  messages: Message[] = [];
  log: string[] = [];
  #connector: Connector | undefined;
  #listeners = new Map<Topic, (() => void)[]>();
  #connecting: Promise<Client> | undefined;
  /** The user wants a connection. */
  #isWanted = false;
  #refreshing: Promise<void> | undefined;
  #isStale = false;

  /** Calls `listener` after each change of this topic. */
  on(topic: Topic, listener: () => void): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  /** Identifies the device that the user chose last. */
  get device(): string | undefined {
    return this.#connector?.id;
  }

  /** Connects to a device, instead of the previous one. */
  async use(connector: Connector): Promise<void> {
    // First, so that an upload to the previous device does not connect to it again.
    this.#connector = connector;
    await this.#connecting?.catch(() => undefined);
    const previous = this.client?.link;
    this.disconnect();
    await previous?.ended;
    await this.connect();
  }

  /** Connects to the device again, if the page is not connected to it. */
  async connect(): Promise<Client> {
    this.#isWanted = true;
    if (this.client !== undefined && this.#connecting === undefined) return this.client;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return await this.#connecting;
  }

  /** Like `connect`, but only to this device, and not if the user has ended the connection. */
  async reconnect(device = this.device): Promise<Client> {
    if (device !== this.device) throw new Error("The upload stopped because you chose another device.");
    if (!this.#isWanted) throw new Error("The upload stopped because you disconnected. Install the same file again to resume it.");
    return await this.connect();
  }

  disconnect(): void {
    this.#isWanted = false;
    this.client?.link.close();
  }

  async #connect(): Promise<Client> {
    if (this.#connector === undefined) throw new Error("Choose a device first.");
    const link = await this.#connector.connect();
    let client: Client;
    try {
      client = await Client.over(link, this.#listener());
    } catch (error) {
      link.close();
      throw error;
    }
    void link.ended.then(() => {
      if (this.client !== client) return;
      this.client = undefined;
      this.failure = client.failure;
      this.#emit("connection");
    });
    this.client = client;
    this.status = await client.status();
    this.#emit("connection");
    await this.refresh();
    return client;
  }

  connected(): Client {
    if (this.client === undefined) throw new Error("Connect to a device first.");
    return this.client;
  }

  appName(number: number): string {
    return this.apps.find((app) => app.number === number)?.name || `#${number}`;
  }

  /** Reads the apps and the keys again. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#refreshAll().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refreshAll(): Promise<void> {
    while (this.#isStale && this.client !== undefined) {
      this.#isStale = false;
      this.apps = await this.client.apps();
      this.keys = await this.client.keys();
      this.#emit("apps");
    }
  }

  #listener(): Listener {
    const keep = <T>(list: T[], item: T): T[] => [...list, item].slice(-KEPT);
    return {
      status: (status) => {
        const haveChanged = JSON.stringify(status.apps) !== JSON.stringify(this.status?.apps);
        this.status = status;
        // Connections that end during this are reported by themselves.
        if (haveChanged) void this.refresh().catch(() => undefined);
      },
      receipt: (receipt) => {
        this.receipts = keep(this.receipts, receipt);
        this.#emit("receipts");
      },
      message: (app, bytes) => {
        this.messages = keep(this.messages, { app, bytes });
        this.#emit("messages");
      },
      log: (line) => {
        this.log = keep(this.log, line);
        this.#emit("log");
      },
    };
  }

  #emit(topic: Topic): void {
    this.#listeners.get(topic)?.forEach((listener) => listener());
  }
}
