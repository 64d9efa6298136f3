/** Dark or light: as the system says, until the user changes it. */

import { byId } from "./dom.js";

const STORED = "theme";

export function showTheme(): void {
  const select = byId("theme", HTMLSelectElement);
  select.value = attemptStorage(() => localStorage.getItem(STORED)) ?? "system";
  const apply = (): void => {
    document.documentElement.style.colorScheme = select.value === "system" ? "light dark" : select.value;
  };
  select.addEventListener("change", () => {
    attemptStorage(() => localStorage.setItem(STORED, select.value));
    apply();
  });
  apply();
}

/** Returns nothing if the browser does not let the page store anything: then it throws even where the storage is only named. */
function attemptStorage<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
