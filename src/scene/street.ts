import { chooseCamera, PICTURE_WIDTH_PX, type Camera, type View } from "./camera.js";
import { makeLayout, type Layout } from "./layout.js";
import { populate, type Mover } from "./movers.js";
import { CLOTHES, PALETTES, WALLS, type Palette, type Rgb, type TimeOfDay } from "./palette.js";
import { entryAt, evenShare, seededRandom, type Random } from "./random.js";
import { VARIANTS, type Variant, type VariantName } from "./variant.js";

/** What a scene is drawn from, the same for all its frames. Plain data: a seed and its options always give the same. */
export interface Street {
  readonly seed: number;
  readonly view: View;
  readonly time: TimeOfDay;
  readonly rain: boolean;
  readonly palette: Palette;
  readonly layout: Layout;
  readonly camera: Camera;
  readonly sun: Sun;
  readonly sky: Sky;
  readonly buildings: readonly Building[];
  readonly props: readonly Prop[];
  readonly movers: readonly Mover[];
  readonly variant: VariantName;
  readonly flaws: Flaws;
  /** Seeds the small things that are drawn straight away: patches of tar, puddles, drops. */
  readonly paintSeed: number;
}

/** Where the light comes from. */
export interface Sun {
  /** Where its shadows fall, radians. */
  readonly angle: number;
  /** Length of a shadow against the height of its thing. */
  readonly length: number;
}

/** What can be seen above the houses; places in px of the picture. */
export interface Sky {
  readonly clouds: readonly { readonly x: number; readonly y: number; readonly size: number }[];
  readonly stars: readonly { readonly x: number; readonly y: number; readonly size: number }[];
  readonly skyline: readonly { readonly x: number; readonly width: number; readonly height: number }[];
}

/** A house of the street. */
export interface Building {
  readonly side: 1 | -1;
  readonly fromZ: number;
  readonly toZ: number;
  readonly heightM: number;
  readonly wall: Rgb;
  readonly storeyM: number;
  readonly windowM: number;
  readonly windowGapM: number;
  /** A bar down the middle of each window. */
  readonly barred: boolean;
  readonly shop: boolean;
  readonly awning: Rgb;
  readonly seed: number;
}

/** A thing that stands on the pavement; places in m, its size against the usual one. */
export interface Prop {
  readonly kind: "tree" | "lamp" | "sign" | "bench" | "bin" | "box" | "bush";
  readonly side: 1 | -1;
  readonly x: number;
  readonly z: number;
  readonly size: number;
  readonly seed: number;
}

/** What the camera does to the picture. */
export interface Flaws {
  /** Standard deviation-like strength of the sensor's noise, 0..13 grey levels; 0 = none. */
  readonly noise: number;
  /** Of the lens, px; 0 = none. */
  readonly blurPx: number;
  /** Quality of the camera's own JPEG, 1..100; 0 = none. */
  readonly jpeg: number;
  readonly gain: number;
  readonly bias: number;
}

/** What a caller may fix; the rest follows from the seed. */
export interface StreetOptions {
  readonly variant?: VariantName;
  readonly time?: TimeOfDay;
  readonly view?: View;
  readonly rain?: boolean;
}

const TIMES: readonly (readonly [TimeOfDay, number])[] = [
  ["day", 0.41],
  ["cloudy", 0.14],
  ["dusk", 0.28],
  ["night", 0.17],
];
const VIEWS: readonly (readonly [View, number])[] = [
  ["across", 0.4],
  ["oblique", 0.2],
  ["along", 0.4],
];
/** Share of scenes with rain, by day never: it would have no sky to fall from. */
const RAIN_SHARE = 0.35;
const SIDES = [-1, 1] as const;

/** Makes the scene of a seed. */
export function makeStreet(seed: number, options: StreetOptions = {}): Street {
  const random = seededRandom(seed);
  const variant = options.variant ?? "tame";
  const reach: Variant = VARIANTS[variant];
  const time = options.time ?? entryAt(TIMES, evenShare(seed, 0));
  const view = options.view ?? entryAt(VIEWS, evenShare(seed, 1));
  const rain = random.chance(RAIN_SHARE) && time !== "day";
  const layout = makeLayout(seededRandom(random.seed()), view);
  const focalPx = random.between(...reach.focalPx);
  const camera = chooseCamera(seededRandom(random.seed()), view, layout.roadHalfM, layout.walkM, focalPx);
  return {
    seed,
    view,
    time,
    variant,
    layout,
    camera,
    rain: options.rain ?? rain,
    palette: PALETTES[time],
    sun: { angle: random.between(0, 2 * Math.PI), length: random.between(0.3, 0.9) },
    sky: makeSky(seededRandom(random.seed()), camera.horizonPx),
    buildings: SIDES.flatMap((side) => makeBuildings(seededRandom(random.seed()), side)),
    props: SIDES.flatMap((side) => makeProps(seededRandom(random.seed()), side, layout)),
    movers: populate(seededRandom(random.seed()), layout, reach),
    flaws: makeFlaws(seededRandom(random.seed()), time),
    paintSeed: random.seed(),
  };
}

function makeSky(random: Random, horizonPx: number): Sky {
  const dots = (count: number, top: number, bottom: number, smallest: number, largest: number) =>
    Array.from({ length: count }, () => ({
      x: random.between(0, PICTURE_WIDTH_PX),
      y: random.between(top, bottom),
      size: random.between(smallest, largest),
    }));
  return {
    clouds: dots(random.integer(2, 5), 10, horizonPx * 0.7, 0.6, 1.5),
    stars: dots(40, 0, horizonPx, 0.4, 1.1),
    skyline: Array.from({ length: 14 }, (_, i) => ({
      x: i * 50 - 20,
      width: random.between(30, 60),
      height: random.between(12, 60),
    })),
  };
}

/** The houses of a street stand between these, m along the road. */
const HOUSES_FROM_M = -70;
const HOUSES_TO_M = 120;

function makeBuildings(random: Random, side: 1 | -1): Building[] {
  const buildings: Building[] = [];
  for (let z = HOUSES_FROM_M; z < HOUSES_TO_M;) {
    const widthM = random.between(8, 17);
    const alleyM = random.chance(0.15) ? random.between(1, 3) : 0;
    buildings.push({
      side,
      fromZ: z,
      toZ: z + widthM - alleyM,
      heightM: random.between(6.5, 17),
      wall: random.pick(WALLS),
      storeyM: random.between(2.9, 3.4),
      windowM: random.between(1, 1.6),
      windowGapM: random.between(2.2, 3.2),
      barred: random.chance(1 / 3),
      shop: random.chance(0.6),
      awning: random.pick(CLOTHES),
      seed: random.seed(),
    });
    z += widthM;
  }
  return buildings;
}

/** Trees, lamps and other things stand between these, m along the road. */
const PROPS_FROM_M = -60;
const PROPS_TO_M = 70;

function makeProps(random: Random, side: 1 | -1, layout: Layout): Prop[] {
  const props: Prop[] = [];
  const put = (kind: Prop["kind"], fromKerbM: number, z: number, size = 1): void => {
    props.push({ kind, side, x: side * (layout.roadHalfM + fromKerbM), z, size, seed: random.seed() });
  };
  const leafy = random.chance(0.75);
  const spacingM = random.between(7, 13);
  for (let z = PROPS_FROM_M + random.between(0, spacingM); z < PROPS_TO_M; z += spacingM) {
    if (leafy && random.chance(0.7)) put("tree", 1, z + random.between(-1, 1), random.between(0.8, 1.35));
    else if (random.chance(0.3))
      put(random.pick(["bench", "bin", "box", "bush"]), 0.7 + random.between(0.2, layout.walkM - 1.2), z);
  }
  const lampsM = random.between(16, 24);
  for (let z = PROPS_FROM_M + random.between(0, lampsM); z < PROPS_TO_M; z += lampsM) put("lamp", 0.4, z);
  if (random.chance(0.5)) put("sign", 0.5, random.between(-8, 20));
  return props;
}

function makeFlaws(random: Random, time: TimeOfDay): Flaws {
  return {
    noise: random.chance(0.6) ? random.between(1, 9) * (time === "night" ? 1.4 : 1) : 0,
    blurPx: random.chance(0.3) ? random.between(0.4, 0.9) : 0,
    jpeg: random.chance(0.5) ? random.integer(35, 92) : 0,
    gain: random.between(0.88, 1.12),
    bias: random.between(-8, 8),
  };
}
