/** The log of the apps. */

import type { Session } from "../session.js";
import { byId } from "./dom.js";

export function showLog(session: Session): void {
  const log = byId("log", HTMLElement);
  session.on("log", () => {
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.textContent = session.log.join("\n");
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  });
  byId("clear-log", HTMLButtonElement).addEventListener("click", () => {
    session.log = [];
    log.textContent = "";
  });
}
