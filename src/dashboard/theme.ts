/** What the page looks like; auto = as the system does. */
const THEMES = ["auto", "light", "dark"] as const;
/** One of THEMES. */
export type Theme = (typeof THEMES)[number];

const KEY = "sightline.theme";

/** What was chosen here before. */
export function storedTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    // A browser that keeps nothing for this page.
    return "auto";
  }
}

/** Wears a theme and remembers it. */
export function wear(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Worn all the same, until the page is closed.
  }
}

/** The theme after this one. */
export const themeAfter = (theme: Theme): Theme => THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
