/** Ten hues that stay apart on dark streets; a class keeps its own by its number, on the page and in video. */
const CLASS_COLOURS = [
  "#57d6b4", "#f0b95a", "#6cb2ff", "#f27fb2", "#b9e35f", "#c79bff", "#ff9466", "#62dbe8", "#f2dd62", "#9aa8ff",
] as const;

/** The colour of a class, as #rrggbb. */
export const colourOf = (classId: number): string => CLASS_COLOURS[classId % CLASS_COLOURS.length]!;

/** Letters on a colour of a class. */
export const INK = "#0b0f13";
