/** Takes the place of `navigator.bluetooth` in the page, and passes GATT operations on to bridge.py. */

export interface BridgeEvent {
  event: "notification" | "disconnected";
  uuid?: string;
  value?: string;
}

declare global {
  interface Window {
    /** Performs an operation of bridge.py. */
    bridge(request: { do: string; [argument: string]: unknown }): Promise<unknown>;
    /** Takes an event of bridge.py. */
    onBridge(event: BridgeEvent): void;
  }
}

/** Runs in the page before its own scripts, so it can use nothing from outside of this function. */
export function fakeBluetooth(): void {
  const toBytes = (hex: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const toHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const networkError = (why: string) => new DOMException(why, "NetworkError");
  let isBusy = false;

  /** Performs an operation as Chromium does: only one at a time, and none without a connection. */
  async function perform(request: { do: string; [argument: string]: unknown }): Promise<unknown> {
    if (isBusy) throw networkError("GATT operation already in progress.");
    if (request.do !== "connect" && !gatt.connected) throw networkError("GATT Server is disconnected.");
    isBusy = true;
    try {
      const result = await window.bridge(request);
      if (request.do !== "connect" && !gatt.connected) throw networkError("GATT Server is disconnected.");
      return result;
    } catch (error) {
      throw error instanceof DOMException ? error : networkError(String(error));
    } finally {
      isBusy = false;
    }
  }

  class FakeCharacteristic extends EventTarget {
    value: DataView | undefined;

    constructor(readonly uuid: string) {
      super();
    }

    /** Reports the value as Chromium does: like a notification, before it is returned. */
    async readValue(): Promise<DataView> {
      this.change((await perform({ do: "read", uuid: this.uuid })) as string);
      return this.value!;
    }

    change(value: string): void {
      this.value = new DataView(toBytes(value).buffer);
      this.dispatchEvent(new Event("characteristicvaluechanged"));
    }

    async writeValueWithResponse(value: Uint8Array): Promise<void> {
      await perform({ do: "write", uuid: this.uuid, value: toHex(value), response: true });
    }

    async writeValueWithoutResponse(value: Uint8Array): Promise<void> {
      await perform({ do: "write", uuid: this.uuid, value: toHex(value), response: false });
    }

    async startNotifications(): Promise<void> {
      await perform({ do: "subscribe", uuid: this.uuid });
    }
  }

  let characteristics: FakeCharacteristic[] = [];
  const gatt = {
    connected: false,
    async connect() {
      const uuids = (await perform({ do: "connect" })) as string[];
      characteristics = uuids.map((uuid) => new FakeCharacteristic(uuid));
      gatt.connected = true;
      return { getPrimaryService: () => Promise.resolve({ getCharacteristics: () => Promise.resolve(characteristics) }) };
    },
    disconnect() {
      if (gatt.connected) void window.bridge({ do: "disconnect" });
    },
  };
  const device = Object.assign(new EventTarget(), { id: "twin", name: "twin", gatt });

  window.onBridge = ({ event, uuid, value }) => {
    if (event === "disconnected") {
      gatt.connected = false;
      device.dispatchEvent(new Event("gattserverdisconnected"));
      return;
    }
    characteristics.find((characteristic) => characteristic.uuid === uuid)?.change(value ?? "");
  };
  const bluetooth = { getAvailability: () => Promise.resolve(true), requestDevice: () => Promise.resolve(device) };
  Object.defineProperty(navigator, "bluetooth", { value: bluetooth });
}
