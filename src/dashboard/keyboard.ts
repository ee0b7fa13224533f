/** What keys do. */
export type KeyActions = Readonly<Record<string, () => void>>;

/** Fields take their own keys; a slider only those that move it. */
const isField = (target: EventTarget | null, key: string): boolean =>
  target instanceof HTMLElement &&
  (target.matches("input[type=range]") ? /^(Arrow|Page|Home|End)/.test(key) : target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable);
/** Space and Enter press the button or follow the link that has the focus. */
const isPressed = (target: EventTarget | null, key: string): boolean =>
  (key === " " || key === "Enter") && target instanceof HTMLElement && target.matches("button, a, input:not([type=range]), summary");

/** Listens to single keys; chords belong to the browser. `actions` is asked at each key. */
export function listenToKeys(actions: () => KeyActions): void {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || isField(target, key) || isPressed(target, key)) return;
    if (document.querySelector("dialog[open]")) return;
    const action = actions()[key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
