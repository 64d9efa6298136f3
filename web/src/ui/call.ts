/** Calling a function of an app. */

import type { Receipt } from "../protocol/receipt.js";
import type { Limits } from "../protocol/request.js";
import { endText } from "../protocol/texts.js";
import { showValue } from "../protocol/value.js";
import type { Session } from "../session.js";
import { announce, attempt, byId, fillSelect, make } from "./dom.js";

export function showCall(session: Session): void {
  const form = byId("call", HTMLFormElement);
  const app = byId("call-app", HTMLSelectElement);
  const name = byId("call-export", HTMLInputElement);
  const words = byId("call-arguments", HTMLInputElement);
  const fuel = byId("call-fuel", HTMLInputElement);
  const result = byId("result", HTMLOutputElement);
  const send = byId("call-send", HTMLButtonElement);

  const show = (): void => {
    fillSelect(app, session.apps.map(({ number }) => ({ value: `${number}`, text: session.appName(number) })));
    send.disabled = session.client === undefined || session.apps.length === 0;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      result.textContent = "";
      const limits: Limits = fuel.value === "" ? {} : { fuel: fuel.valueAsNumber };
      const list = words.value.split(/[\s,]+/).filter((word) => word !== "");
      const receipt = await session.connected().call(Number(app.value), name.value, list, limits);
      result.textContent = resultOf(receipt);
      announce(`${name.value} ${receipt.outcome.kind === "returned" ? "returned" : "failed"}.`);
    });
  });
  session.on("apps", show);
  session.on("connection", show);
  show();
}

/** Offers names of functions. The device does not list them, but modules that the page has seen do. */
export function offerExports(names: string[]): void {
  byId("exports", HTMLDataListElement).replaceChildren(...names.map((value) => make("option", { value })));
}

function resultOf({ outcome, fuel, micros, memory }: Receipt): string {
  const costs = `${fuel.toLocaleString("en")} instructions, ${micros.toLocaleString("en")} µs, ${memory.toLocaleString("en")} bytes of memory`;
  if (outcome.kind !== "returned") return `${endText(outcome)} (${costs})`;
  const values = outcome.values.map((value) => `${showValue(value)} (${value.type})`);
  return `${values.length === 0 ? "returned" : values.join(", ")} after ${costs}`;
}
