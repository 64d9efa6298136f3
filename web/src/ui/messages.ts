/** Messages from and to apps, and a chart of those that are numbers. */

import type { Session } from "../session.js";
import { escapeText } from "../protocol/escape.js";
import { APP_MESSAGE_MAX } from "../protocol/request.js";
import { chart } from "./chart.js";
import { announce, attempt, byId, fillSelect, make } from "./dom.js";

/** How many messages are listed. */
const LISTED = 20;

/** How the bytes of a message become a number. Apps and clients define what they mean. */
const FORMATS: Record<string, (bytes: DataView, text: string) => number> = {
  text: (_, text) => (text.trim() === "" ? Number.NaN : Number(text)),
  i32: (bytes) => (bytes.byteLength === 4 ? bytes.getInt32(0, true) : Number.NaN),
  f32: (bytes) => (bytes.byteLength === 4 ? bytes.getFloat32(0, true) : Number.NaN),
  f64: (bytes) => (bytes.byteLength === 8 ? bytes.getFloat64(0, true) : Number.NaN),
};

export function showMessages(session: Session): void {
  const app = byId("message-app", HTMLSelectElement);
  const format = byId("message-format", HTMLSelectElement);
  const text = byId("message-text", HTMLInputElement);
  const send = byId("message-send", HTMLButtonElement);

  const showAll = (): void => {
    fillSelect(app, session.apps.map(({ number }) => ({ value: `${number}`, text: session.appName(number) })));
    send.disabled = session.client === undefined || session.apps.length === 0;
    const messages = session.messages.filter((message) => `${message.app}` === app.value);
    const read = FORMATS[format.value]!;
    const values = messages.map(({ bytes }) => read(new DataView(bytes.buffer), textOf(bytes))).filter(Number.isFinite);
    byId("message-chart", HTMLElement).replaceChildren(chart("Values", "", values.map((value) => ({ value }))));
    const items = messages.slice(-LISTED).map(({ bytes }) => make("li", {}, show(bytes)));
    byId("messages", HTMLElement).replaceChildren(...items);
  };
  byId("message", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const message = new TextEncoder().encode(text.value);
      if (message.length > APP_MESSAGE_MAX) throw new Error(`A message has at most ${APP_MESSAGE_MAX} bytes.`);
      await session.connected().request({ command: "send", app: Number(app.value), message });
      announce("Sent.");
    });
  });
  app.addEventListener("change", showAll);
  format.addEventListener("change", showAll);
  session.on("messages", showAll);
  session.on("apps", showAll);
  session.on("connection", showAll);
  showAll();
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A message as text if it is one, otherwise its bytes. */
function show(bytes: Uint8Array): string {
  const text = textOf(bytes);
  const isText = escapeText(text) === text && !text.includes("\ufffd");
  return isText ? text : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
