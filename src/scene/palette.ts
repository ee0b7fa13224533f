import type { Random } from "./random.js";

/** Red, green, blue, each 0..255 (may run over while it is worked on). */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A colour as SVG takes it. */
export type Css = string;

/** The light a scene stands in. */
export type TimeOfDay = "day" | "cloudy" | "dusk" | "night";

/** Every colour of a scene goes through its palette; only lamps, lit windows and headlights shine past it. */
export interface Palette {
  readonly skyTop: Rgb;
  readonly skyBottom: Rgb;
  readonly far: Rgb;
  /** What the light leaves of each channel, 0..1. */
  readonly ambient: Rgb;
  /** What the air adds. */
  readonly tint: Rgb;
  readonly road: Rgb;
  readonly walk: Rgb;
  readonly curb: Rgb;
  readonly grass: Rgb;
  /** Leaves: middle, light, dark. */
  readonly leaves: readonly [Rgb, Rgb, Rgb];
  /** Share of windows with a light behind. */
  readonly litShare: number;
  /** Lamps and headlights are on. */
  readonly lampsOn: boolean;
  /** Opacity of shadows. */
  readonly shadow: number;
}

/** Pure white. */
export const WHITE: Rgb = [255, 255, 255];

/** The colour of shadows; each scene has its own opacity for them. */
export const SHADOW: Css = "#0b1020";

/** Reads `#rrggbb`. */
export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The colour `share` of the way from one to another. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}

/** Brighter or darker by a factor. */
export function scale(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** The colour as SVG takes it, channels cut to 0..255. */
export function css(colour: Rgb): Css {
  const [red, green, blue] = colour;
  return `#${((1 << 24) | (byte(red) << 16) | (byte(green) << 8) | byte(blue)).toString(16).slice(1)}`;
}

function byte(channel: number): number {
  return Math.min(255, Math.max(0, Math.round(channel)));
}

/** A colour of the list, pulled a little towards a random one, so that no two things are quite alike. */
export function varied(random: Random, colours: readonly Rgb[], share: number): Rgb {
  const other: Rgb = [random.between(0, 255), random.between(0, 255), random.between(0, 255)];
  return mix(random.pick(colours), other, share);
}

const list = (...hexes: string[]): readonly Rgb[] => hexes.map(rgb);

/** The light of each time of day. */
export const PALETTES: Readonly<Record<TimeOfDay, Palette>> = {
  day: {
    skyTop: rgb("#66b0e6"), skyBottom: rgb("#d2ecf8"), far: rgb("#a6c4d6"), ambient: [1, 1, 1],
    tint: [0, 0, 0],
    road: rgb("#6a6f78"), walk: rgb("#cac3b3"), curb: rgb("#e4dfd2"), grass: rgb("#8eb86a"),
    leaves: [rgb("#5f9f58"), rgb("#7bb767"), rgb("#4c8a52")], litShare: 0, lampsOn: false, shadow: 0.28,
  },
  cloudy: {
    skyTop: rgb("#b6c5d0"), skyBottom: rgb("#e5eaea"), far: rgb("#b1bec6"), ambient: [0.92, 0.94, 0.97],
    tint: [4, 5, 8],
    road: rgb("#676b73"), walk: rgb("#b9b5ac"), curb: rgb("#cfccc3"), grass: rgb("#86a56d"),
    leaves: [rgb("#5b8f5b"), rgb("#6fa369"), rgb("#497a50")], litShare: 0.05, lampsOn: false, shadow: 0.15,
  },
  dusk: {
    skyTop: rgb("#3a4880"), skyBottom: rgb("#f6a566"), far: rgb("#6a5b88"), ambient: [0.86, 0.68, 0.66],
    tint: [16, 6, 18],
    road: rgb("#5b5a67"), walk: rgb("#a99b96"), curb: rgb("#bdafa7"), grass: rgb("#6f805b"),
    leaves: [rgb("#4d6c50"), rgb("#5e7b59"), rgb("#3e5b4a")], litShare: 0.45, lampsOn: true, shadow: 0.22,
  },
  night: {
    skyTop: rgb("#0b1231"), skyBottom: rgb("#28355f"), far: rgb("#1c2749"), ambient: [0.4, 0.44, 0.6],
    tint: [6, 8, 20],
    road: rgb("#4a4e5c"), walk: rgb("#7f8191"), curb: rgb("#8e8f9d"), grass: rgb("#4d6451"),
    leaves: [rgb("#3b604d"), rgb("#476e56"), rgb("#2f5145")], litShare: 0.6, lampsOn: true, shadow: 0.22,
  },
};

/** Paints of cars, and of whatever else is painted. */
export const CAR_PAINTS = list(
  "#d4283e", "#2170ec", "#f4f4f3", "#2b2e34", "#99a2ac", "#2b9c8e", "#f2a060", "#3b516c",
  "#e7c36b", "#792dbd", "#50782e", "#bfc5cb", "#8c2c2c", "#0f738d",
);
/** The paint of all taxis. */
export const TAXI_PAINT = rgb("#f6c42d");
/** Paints of buses. */
export const BUS_PAINTS = list("#d42a2a", "#1e4fd6", "#2b9c56", "#f39d10", "#10766e", "#e4e6ea", "#9134e8");
/** Colours of shirts, hats, bags and awnings. */
export const CLOTHES = list(
  "#e43a47", "#467a9c", "#f0f8ec", "#1e3658", "#fcb508", "#2b9c8e", "#6c5a78", "#b45777",
  "#274652", "#e56f52", "#8fbd6e", "#587591", "#353535", "#d2a274", "#c578fc", "#ededed",
);
/** Colours of most trousers. */
export const TROUSERS = list(
  "#23233a", "#4b4f69", "#303e46", "#6a705c", "#1c273a", "#8c98ad", "#5b4034", "#3e415b", "#c1b181", "#131a26",
);
/** Colours of skin. */
export const SKINS = list("#f1c8a4", "#dfab7d", "#c58543", "#8c5525", "#6a4327", "#fed9b7");
/** Colours of hair. */
export const HAIRS = list("#1d1411", "#3a2418", "#6a4424", "#ae7f40", "#898989", "#d8c89f", "#5a2020");
/** Colours of house fronts. */
export const WALLS = list(
  "#e5b79b", "#d8ad94", "#c8ada6", "#f1e8d7", "#b4c8c2", "#d7a38e",
  "#a6b7c8", "#e7d4b4", "#bea59f", "#c3c8b1", "#ce8f7f", "#93a2af",
);
