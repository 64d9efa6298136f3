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

  connect.disabled = reason !== undefined;
  let isConnecting = false;

  /** Shows these buttons. If one with the focus is hidden, the first of these gets it: the page would lose it otherwise. */
  const showButtons = (...shown: HTMLButtonElement[]): void => {
    for (const button of shown) button.hidden = false;
    const hidden = [connect, again, disconnect].filter((button) => !shown.includes(button));
    if (hidden.some((button) => button === document.activeElement)) shown[0]!.focus();
    for (const button of hidden) button.hidden = true;
  };

  const show = (): void => {
    const { client, status } = session;
    if (client !== undefined) showButtons(disconnect);
    else if (session.device !== undefined) showButtons(again, connect);
    else showButtons(connect);
    // A disabled button would lose the focus.
    connect.ariaDisabled = again.ariaDisabled = `${isConnecting}`;
    state.textContent =
      client && status
        ? `Connected to ${client.link.name}. Modules up to ${status.slot.toLocaleString("en")} bytes, signatures ${signaturesText(status.signatures)}.`
        : session.device === undefined
          ? "Not connected."
          : `The connection has ended. ${session.failure?.message ?? ""}`;
  };

  const perform = (action: () => Promise<unknown>): void => {
    if (isConnecting) return;
    void attempt(async () => {
      announce("Connecting. Your phone or computer may ask for the passkey that the device shows.");
      isConnecting = true;
      show();
      try {
        await action();
        announce(session.client ? "Connected." : "");
      } finally {
        isConnecting = false;
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
