/** The keys that the device trusts. Only its owner can change them. */

import type { TrustedKey } from "../client.js";
import { readPublicKey } from "../module/public-key.js";
import type { Session } from "../session.js";
import { announce, attempt, button, byId, make, refill } from "./dom.js";

export function showKeys(session: Session): void {
  const list = byId("keys", HTMLElement);
  const file = byId("key-file", HTMLInputElement);

  const change = async (command: "trust" | "revoke", key: Uint8Array, done: string): Promise<void> => {
    await session.connected().request({ command, key });
    await session.refresh();
    announce(done);
  };
  const itemOf = ({ key, isBuiltIn, isForNative }: TrustedKey): HTMLElement => {
    const hex = [...key].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const notes = `${isBuiltIn ? ", a key of the firmware" : ""}${isForNative ? ", may sign native code" : ""} `;
    const revoke = async (): Promise<void> => {
      if (confirm("Revoke this key? Apps that only it signed do not start again.")) await change("revoke", key, "Revoked the key.");
    };
    const properties = { id: `revoke-${hex}`, ariaLabel: `Revoke the key ${hex.slice(0, 8)}` };
    return make("li", {}, make("code", {}, hex), notes, button("Revoke", revoke, properties));
  };
  const show = (): void => {
    const isConnected = session.client !== undefined;
    file.disabled = !isConnected;
    refill(list, isConnected ? session.keys.map(itemOf) : []);
  };
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen === undefined) return;
    void attempt(async () => {
      try {
        await change("trust", readPublicKey(new Uint8Array(await chosen.arrayBuffer())), `The device trusts ${chosen.name}.`);
      } finally {
        // The same file, changed, can be chosen again.
        file.value = "";
      }
    });
  });
  session.on("apps", show);
  session.on("connection", show);
  show();
}
