/** Charts of the receipts: what the runs of an app cost. */

import { endText } from "../protocol/texts.js";
import type { Session } from "../session.js";
import { chart } from "./chart.js";
import { byId, fillSelect, make } from "./dom.js";

/** How many runs the table lists. */
const LISTED = 20;

export function showRuns(session: Session): void {
  const select = byId("runs-app", HTMLSelectElement);
  const charts = byId("runs", HTMLElement);
  const table = byId("runs-table", HTMLTableSectionElement);

  const show = (): void => {
    const numbers = [...new Set(session.receipts.map(({ app }) => app))];
    fillSelect(select, numbers.map((number) => ({ value: `${number}`, text: session.appName(number) })));
    const receipts = session.receipts.filter(({ app }) => `${app}` === select.value);
    const points = (value: (receipt: (typeof receipts)[number]) => number) =>
      receipts.map((receipt) => ({ value: value(receipt), isFailure: receipt.outcome.kind !== "returned" }));
    charts.replaceChildren(
      chart("Fuel", "instructions", points(({ fuel }) => fuel)),
      chart("Time", "ms", points(({ micros }) => micros / 1000)),
      // Of the app: linear memory is a part of it.
      chart("Memory", "bytes", points(({ pool }) => pool)),
    );
    const rows = receipts.slice(-LISTED).reverse().map(({ outcome, fuel, micros, memory, pool }) =>
      make(
        "tr",
        {},
        make("td", {}, outcome.kind === "returned" ? "returned" : endText(outcome)),
        ...[fuel, micros, memory, pool].map((cell) => make("td", { className: "number" }, cell.toLocaleString("en"))),
      ),
    );
    table.replaceChildren(...rows);
  };
  select.addEventListener("change", show);
  session.on("receipts", show);
  session.on("apps", show);
  show();
}
