/** The list of the installed apps. */

import type { App } from "../client.js";
import { grantText } from "../module/grants.js";
import { endText, refusalText, stateText } from "../protocol/texts.js";
import { AppState } from "../protocol/status.js";
import type { Session } from "../session.js";
import { announce, button, byId, make, refill } from "./dom.js";

export function showApps(session: Session): void {
  const table = byId("apps", HTMLTableSectionElement);
  const none = byId("no-apps", HTMLElement);
  const list = byId("app-list", HTMLElement);

  const show = (): void => {
    const isConnected = session.client !== undefined;
    refill(table, isConnected ? session.apps.map((app) => rowOf(session, app)) : []);
    list.hidden = !isConnected || session.apps.length === 0;
    none.hidden = !list.hidden;
    none.textContent = isConnected ? "No app is installed." : "Connect to a device to see its apps.";
  };
  session.on("apps", show);
  session.on("connection", show);
  show();
}

function rowOf(session: Session, app: App): HTMLTableRowElement {
  const name = app.name || `#${app.number}`;
  const manage = (command: "start" | "stop" | "remove", done: string) => async (): Promise<void> => {
    await session.connected().request({ command, app: app.number });
    await session.refresh();
    announce(`${name}: ${done}.`);
  };
  const remove = async (): Promise<void> => {
    if (confirm(`Remove the app ${name} from the device?`)) await manage("remove", "removed")();
  };
  const runs = app.state === AppState.Started || app.state === AppState.OnTrial;
  // The buttons are the same one: the focus stays on it.
  const id = `start-or-stop-${app.number}`;
  const actions = [
    runs
      ? button("Stop", manage("stop", "stopped"), { id, ariaLabel: `Stop ${name}` })
      : button("Start", manage("start", "started"), { id, ariaLabel: `Start ${name}` }),
    button("Remove", remove, { id: `remove-${app.number}`, ariaLabel: `Remove ${name}` }),
  ];
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name),
    make("td", {}, `${app.version}`),
    make("td", {}, make("span", { className: runs ? "state runs" : "state" }, stateText(app.state)), ...failureOf(app)),
    make("td", { className: "number" }, app.size.toLocaleString("en")),
    make("td", {}, reachOf(app)),
    make("td", {}, make("div", { className: "actions" }, ...actions)),
  );
}

function failureOf({ failure }: App): HTMLElement[] {
  if (failure === undefined) return [];
  const why = failure.kind === "refusal" ? `could not start: ${refusalText(failure.refusal)}` : endText(failure);
  return [make("div", { className: "failure" }, `Last failure: ${why}`)];
}

/** What the app may do, and what it was denied. */
function reachOf({ manifest, denied }: App): HTMLElement {
  const { capabilities } = manifest;
  if (capabilities === undefined) return make("span", {}, "all that it imports");
  if (capabilities.length === 0) return make("span", {}, "nothing");
  const items = capabilities.map((entry, at) =>
    (denied & (1 << at)) === 0
      ? make("li", {}, grantText(entry))
      : make("li", {}, make("s", {}, grantText(entry)), " (denied)"),
  );
  return make("ul", { className: "reach" }, ...items);
}
