/** The connection to a device. */

import { chooseDevice, obstacle } from "../bluetooth/web-bluetooth.js";
import { signaturesText } from "../protocol/texts.js";
import type { Session } from "../session.js";
import { announce, attempt, byId } from "./dom.js";

export function showConnection(session: Session): void {
  const connect = byId("connect", HTMLButtonElement);
  const again = byId("connect-again", HTMLButtonElement);
  const disconnect = byId("disconnect", HTMLButtonElement);
  const state = byId("connection", HTMLElement);
  const reason = obstacle();
  byId("obstacle", HTMLElement).textContent = reason ?? "";
  byId("obstacle", HTMLElement).hidden = reason === undefined;

  const show = (): void => {
    const { client, status } = session;
    connect.hidden = client !== undefined;
    connect.disabled = reason !== undefined;
    again.hidden = client !== undefined || session.device === undefined;
    disconnect.hidden = client === undefined;
    state.textContent =
      client && status
        ? `Connected to ${client.link.name}. Modules up to ${status.slot.toLocaleString("en")} bytes, signatures ${signaturesText(status.signatures)}.`
        : session.device === undefined
          ? "Not connected."
          : `The connection has ended. ${session.failure?.message ?? ""}`;
  };

  const perform = (action: () => Promise<unknown>): void => {
    void attempt(async () => {
      announce("Connecting. Your phone or computer may ask for the passkey that the device shows.");
      connect.disabled = again.disabled = true;
      try {
        await action();
        announce(session.client ? "Connected." : "");
      } finally {
        again.disabled = false;
        show();
      }
    });
  };

  connect.addEventListener("click", () =>
    perform(async () => {
      const connector = await chooseDevice();
      if (connector !== undefined) await session.use(connector);
    }),
  );
  again.addEventListener("click", () => perform(() => session.connect()));
  disconnect.addEventListener("click", () => session.disconnect());
  session.on("connection", show);
  show();
}
