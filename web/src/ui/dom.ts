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

export function button(label: string, action: () => void | Promise<void>, description = label): HTMLButtonElement {
  const element = make("button", { type: "button", ariaLabel: description }, label);
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

/** Fills a selection of apps and keeps what is selected. */
export function fillSelect(select: HTMLSelectElement, options: { value: string; text: string }[]): void {
  const selected = select.value;
  select.replaceChildren(...options.map(({ value, text }) => make("option", { value }, text)));
  if (options.some(({ value }) => value === selected)) select.value = selected;
}
