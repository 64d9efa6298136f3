/** Elements of the page. */

type Child = Node | string;

/** Makes an element with these properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} with the id ${id}.`);
  return element;
}

/** Makes a button. Its id is that of its purpose, which `refill` needs. */
export function button(
  label: string,
  action: () => void | Promise<void>,
  properties: { id: string; ariaLabel: string },
): HTMLButtonElement {
  const element = make("button", { type: "button", ...properties }, label);
  element.addEventListener("click", () => void attempt(action));
  return element;
}

/** Shows a short message, which screen readers read when they have time. */
export function announce(message: string): void {
  byId("news", HTMLElement).textContent = message;
  byId("problem", HTMLElement).hidden = true;
}

/** Shows what went wrong, which screen readers read at once. */
export function complain(error: unknown): void {
  const problem = byId("problem", HTMLElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

/** Does something, and shows its error. */
export async function attempt(action: () => void | Promise<void>): Promise<void> {
  byId("problem", HTMLElement).hidden = true;
  try {
    await action();
  } catch (error) {
    complain(error);
  }
}

/**
 * Replaces the children of an element. If one of them had the focus, the new one with its id gets it, or else the title of the section: the
 * next press of the Tab key would start at the top of the page otherwise.
 */
export function refill(element: HTMLElement, children: Child[]): void {
  const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
  element.replaceChildren(...children);
  if (!focused) return;
  const next = document.getElementById(focused.id) ?? element.closest("section")?.querySelector("h2");
  next?.focus();
}

/** Fills a selection of apps and keeps what is selected. It stays as it is, and open, if the options are the same. */
export function fillSelect(select: HTMLSelectElement, options: { value: string; text: string }[]): void {
  const isSame = ({ value, textContent }: HTMLOptionElement, at: number): boolean =>
    value === options[at]?.value && textContent === options[at].text;
  if (select.options.length === options.length && [...select.options].every(isSame)) return;
  const selected = select.value;
  select.replaceChildren(...options.map(({ value, text }) => make("option", { value }, text)));
  if (options.some(({ value }) => value === selected)) select.value = selected;
}
