/** Ten hues that stay apart on dark streets; a class keeps its own by its number, on the page and in video. */
const CLASS_COLOURS = [
  "#57d6b4", "#f0b95a", "#6cb2ff", "#f27fb2", "#b9e35f", "#c79bff", "#ff9466", "#62dbe8", "#f2dd62", "#9aa8ff",
] as const;

/** Of further classes the hues go round by the golden angle, degrees, so that neighbours lie far apart, */
const HUE_STEP = 137.508;
/** and each round has another strength: saturation and lightness, 0..1, all light enough for INK. */
const STRENGTHS = [[0.85, 0.7], [0.5, 0.68], [0.95, 0.83]] as const;

/** The colour of a class, as #rrggbb. */
export function colourOf(classId: number): string {
  const [saturation, lightness] = STRENGTHS[classId % STRENGTHS.length]!;
  return CLASS_COLOURS[classId] ?? hex((classId * HUE_STEP) % 360, saturation, lightness);
}

/** CSS Color 4, 7.1: HSL to sRGB. */
function hex(hue: number, saturation: number, lightness: number): string {
  const spread = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number): string => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1)))).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** Letters on a colour of a class. */
export const INK = "#0b0f13";
