type Child = Node | string;

/** Makes an element. Text stays text: nothing that comes from a server is ever read as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Readonly<Record<string, string>> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes a part of a drawing. */
export function makeSvg(tag: string, attributes: Readonly<Record<string, string | number>> = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** One of the page's icons, by the name that index.html gives it. */
export const icon = (name: string): SVGElement => makeSvg("svg", { class: "icon", "aria-hidden": "true" }, makeSvg("use", { href: `#i-${name}` }));

/** A button with an icon; `name` is what is read out, and its tip. */
export function iconButton(which: string, name: string, onClick: () => void, more: Readonly<Record<string, string>> = {}): HTMLButtonElement {
  const button = make("button", { type: "button", class: "icon-button", "aria-label": name, title: name, ...more }, icon(which));
  button.addEventListener("click", onClick);
  return button;
}

/** Sets text only when it is another: unchanged text is not laid out again, and not read out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An element of index.html. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as T;
}
