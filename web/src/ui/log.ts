/** The log of the apps. */

import type { Session } from "../session.js";
import { byId, make } from "./dom.js";

export function showLog(session: Session): void {
  const log = byId("log", HTMLElement);
  session.on("log", () => {
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    // Only the new line, which screen readers read.
    log.append(make("div", {}, session.log.at(-1)!));
    while (log.childElementCount > session.log.length) log.firstElementChild!.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  });
  byId("clear-log", HTMLButtonElement).addEventListener("click", () => {
    session.log = [];
    log.textContent = "";
  });
}
