/** Connections by Web Bluetooth. */

import { CHARACTERISTICS, type Characteristic, type Connector, type Link, Lost, SERVICE, uuidOf } from "./link.js";

/** Why this browser cannot connect, or nothing if it can. */
export function obstacle(): string | undefined {
  if (!isSecureContext) return "Browsers permit Bluetooth only to pages from https:// or localhost.";
  if (!("bluetooth" in navigator)) {
    return (
      "This browser has no Web Bluetooth. Chrome, Edge, Opera and other browsers based on Chromium have it, on Android, ChromeOS, " +
      "macOS and Windows, and on Linux after you enable chrome://flags/#enable-web-bluetooth. Firefox, Safari and all browsers on iOS do not."
    );
  }
  return undefined;
}

/** Lets the user choose a device. Returns nothing if the user chooses none. */
export async function chooseDevice(): Promise<Connector | undefined> {
  if (!(await navigator.bluetooth.getAvailability())) throw new Error("Bluetooth is off, or this computer has none.");
  try {
    const device = await navigator.bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
    return { id: device.id, connect: () => connect(device) };
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
}

async function connect(device: BluetoothDevice): Promise<Link> {
  const gatt = device.gatt!;
  const ended = new Promise<void>((resolve) =>
    device.addEventListener("gattserverdisconnected", () => resolve(), { once: true }),
  );
  try {
    const server = await gatt.connect();
    const service = await server.getPrimaryService(SERVICE);
    const found = new Map<Characteristic, BluetoothRemoteGATTCharacteristic>();
    for (const characteristic of await service.getCharacteristics()) {
      const name = CHARACTERISTICS.find((name) => uuidOf(name) === characteristic.uuid);
      if (name !== undefined) found.set(name, characteristic);
    }
    return new WebBluetoothLink(device, ended, found);
  } catch (error) {
    gatt.disconnect();
    throw asLost(error);
  }
}

class WebBluetoothLink implements Link {
  /** The last operation. A browser rejects one that starts before the previous one has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly device: BluetoothDevice,
    readonly ended: Promise<void>,
    private readonly characteristics: Map<Characteristic, BluetoothRemoteGATTCharacteristic>,
  ) {}

  get name(): string {
    return this.device.name ?? "the device";
  }

  read(characteristic: Characteristic): Promise<Uint8Array> {
    return this.#inTurn(async () => bytesOf(await this.#get(characteristic).readValue()));
  }

  writeControl(request: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#inTurn(() => this.#get("control").writeValueWithResponse(request));
  }

  writeData(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#inTurn(() => this.#get("data").writeValueWithoutResponse(frame));
  }

  async listen(name: Characteristic, take: (value: Uint8Array) => void): Promise<boolean> {
    const characteristic = this.characteristics.get(name);
    if (characteristic === undefined) return false;
    characteristic.addEventListener("characteristicvaluechanged", () => {
      if (characteristic.value) take(bytesOf(characteristic.value));
    });
    await this.#inTurn(() => characteristic.startNotifications());
    return true;
  }

  close(): void {
    this.device.gatt!.disconnect();
  }

  #get(name: Characteristic): BluetoothRemoteGATTCharacteristic {
    const characteristic = this.characteristics.get(name);
    if (characteristic === undefined) throw new Error(`The device has no characteristic "${name}".`);
    return characteristic;
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const done = this.#last.then(operation).catch((error: unknown) => {
      throw asLost(error);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

/** A browser reports a connection that has ended, or cannot be established, as a `NetworkError`. */
function asLost(error: unknown): unknown {
  return error instanceof DOMException && error.name === "NetworkError" ? new Lost() : error;
}
