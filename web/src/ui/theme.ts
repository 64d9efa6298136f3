/** Dark or light: as the system says, until the user changes it. */

import { byId } from "./dom.js";

const STORED = "theme";

export function showTheme(): void {
  const select = byId("theme", HTMLSelectElement);
  select.value = localStorage.getItem(STORED) ?? "system";
  const apply = (): void => {
    document.documentElement.style.colorScheme = select.value === "system" ? "light dark" : select.value;
  };
  select.addEventListener("change", () => {
    localStorage.setItem(STORED, select.value);
    apply();
  });
  apply();
}
