import { LANE_M, PARKING_M, type Layout } from "./layout.js";
import { BUS_PAINTS, CAR_PAINTS, CLOTHES, HAIRS, SKINS, TAXI_PAINT, TROUSERS, varied, type Rgb } from "./palette.js";
import type { Random } from "./random.js";
import type { Variant } from "./variant.js";
import { CAR_SHAPES, CITY_BUS, SHORT_BUS, TAXI_SHAPE, type VehicleShape } from "./vehicle-shapes.js";

/** How something goes through the street. */
export interface Way {
  /** Where it is at time 0, m. */
  readonly x: number;
  readonly z: number;
  /** Towards rising (1) or falling (-1) z, or x for those who cross. */
  readonly direction: 1 | -1;
  readonly speedMps: number;
  /** It comes in again at one end, as another object, when it leaves at the other: -rangeM..rangeM. */
  readonly rangeM: number;
  /** Crosses the road instead of following it. */
  readonly crossing: boolean;
  /** Of what stands still: turned from the direction of the road, radians. */
  readonly turn: number;
}

/** What somebody looks like. */
export interface Looks {
  readonly shirt: Rgb;
  readonly trousers: Rgb;
  readonly skin: Rgb;
  readonly hair: Rgb;
  /** Colour of the bag or the hat. */
  readonly accent: Rgb;
  /** Against an adult of 1.75 m. */
  readonly height: number;
  readonly width: number;
  /** Where in the step they begin, radians. */
  readonly phase: number;
  readonly bag: boolean;
  readonly hat: boolean;
  readonly skirt: boolean;
  readonly longHair: boolean;
}

/** A car, a taxi or a bus. */
export interface Vehicle {
  readonly kind: "vehicle";
  readonly way: Way;
  readonly shape: VehicleShape;
  readonly bus: boolean;
  readonly taxi: boolean;
  readonly parked: boolean;
  readonly paint: Rgb;
  /** Of a bus: the colour of its stripe, if it has one; whether its sign is lit. */
  readonly stripe: Rgb | undefined;
  readonly sign: boolean;
}

/** Somebody who walks or stands. */
export interface Pedestrian {
  readonly kind: "pedestrian";
  readonly way: Way;
  readonly looks: Looks;
}

/** A bicycle and, unless it is parked, its rider: two objects. */
export interface Cyclist {
  readonly kind: "cyclist";
  readonly way: Way;
  readonly looks: Looks;
  readonly frame: Rgb;
  readonly helmet: Rgb | undefined;
  /** A bicycle alone. */
  readonly parked: boolean;
}

/** Anything with a class. */
export type Mover = Vehicle | Pedestrian | Cyclist;

const DIRECTIONS = [-1, 1] as const;

/** Fills the street with traffic. */
export function populate(random: Random, layout: Layout, variant: Variant): Mover[] {
  const rangeM = layout.view === "across" ? variant.rangeAcrossM : variant.rangeAlongM;
  return [
    ...traffic(random, layout, rangeM),
    ...(layout.parking ? parkedCars(random, layout, rangeM) : []),
    ...cyclists(random, layout, variant),
    ...DIRECTIONS.flatMap((side) => [
      ...walkers(random, layout, variant, side),
      ...parkedBicycles(random, layout, variant, side),
    ]),
    ...layout.crossings.flatMap((z) => crossers(random, layout, z)),
  ];
}

function traffic(random: Random, layout: Layout, rangeM: number): Mover[] {
  const density = random.between(0.35, 1);
  const busShare = random.between(0.1, 0.4);
  const movers: Mover[] = [];
  for (const direction of DIRECTIONS) {
    for (let lane = 0; lane < layout.lanes; lane++) {
      const middle = direction * (LANE_M / 2 + LANE_M * lane);
      const speedMps = random.between(5, 11) * (lane > 0 ? 0.8 : 1);
      for (let z = -rangeM; ;) {
        const looks = random.chance(busShare) ? bus(random) : car(random);
        z += random.between(3, 16) / density + looks.shape.lengthM / 2;
        if (z > rangeM) break;
        const x = middle + random.between(-0.25, 0.25);
        movers.push({ ...looks, parked: false, way: along(x, z, direction, speedMps, rangeM) });
        z += looks.shape.lengthM / 2 + 1.2;
      }
    }
  }
  return movers;
}

function parkedCars(random: Random, layout: Layout, rangeM: number): Mover[] {
  const movers: Mover[] = [];
  for (const direction of DIRECTIONS) {
    for (let z = -rangeM; z < rangeM;) {
      const looks = car(random);
      z += random.between(0.8, 7) + looks.shape.lengthM / 2;
      const x = direction * (layout.roadHalfM - PARKING_M / 2);
      if (random.chance(0.6)) movers.push({ ...looks, parked: true, way: along(x, z, direction, 0, rangeM) });
      z += looks.shape.lengthM / 2;
    }
  }
  return movers;
}

function cyclists(random: Random, layout: Layout, variant: Variant): Mover[] {
  const rangeM = variant.cyclistRangeM(layout.view);
  const fromKerbM = (layout.bikeLane ? 0.8 : 0.6) + (layout.parking ? PARKING_M : 0);
  const gap = layout.bikeLane ? variant.cyclistGapM.lane : variant.cyclistGapM.road;
  const movers: Mover[] = [];
  for (const direction of DIRECTIONS) {
    const speedMps = random.between(3, 6);
    for (let z = -rangeM; z < rangeM;) {
      z += random.between(variant.cyclistGapM.least, gap);
      const x = direction * (layout.roadHalfM - fromKerbM) + random.between(-0.3, 0.3);
      if (z < rangeM - 1) movers.push(cyclist(random, along(x, z, direction, speedMps, rangeM)));
    }
  }
  return movers;
}

/** Share of walkers who go beside the one before. */
const TOGETHER = 0.3;

function walkers(random: Random, layout: Layout, variant: Variant, side: 1 | -1): Mover[] {
  const rangeM = variant.walkerRangeM(layout.view);
  const movers: Mover[] = [];
  let fromKerbM = 0;
  let z = 0;
  let direction: 1 | -1 = 1;
  let speedMps = 1;
  const count = random.integer(3, variant.mostWalkers);
  for (let i = 0; i < count; i++) {
    if (i > 0 && random.chance(TOGETHER)) {
      z += random.between(-0.3, 0.3);
      fromKerbM += random.between(0.5, 0.7);
    } else {
      z = random.between(-rangeM, rangeM);
      fromKerbM = random.between(1.2, layout.walkM - 0.5);
      direction = random.pick(DIRECTIONS);
      speedMps = random.chance(0.12) ? 0 : random.between(1, 1.7);
    }
    const x = side * (layout.roadHalfM + Math.min(fromKerbM, layout.walkM - 0.3));
    const turn = speedMps > 0 ? 0 : random.between(0, 2 * Math.PI);
    movers.push({
      kind: "pedestrian",
      looks: somebody(random),
      way: { ...along(x, z, direction, speedMps, rangeM), turn },
    });
  }
  return movers;
}

function parkedBicycles(random: Random, layout: Layout, variant: Variant, side: 1 | -1): Mover[] {
  return Array.from({ length: random.integer(0, 3) }, () => {
    const x = side * (layout.roadHalfM + random.between(0.8, layout.walkM - 0.8));
    const z = random.between(...variant.parkedBicyclesM);
    const turn = random.chance(0.5) ? random.between(-0.4, 0.4) : random.between(0, 2 * Math.PI);
    return {
      ...cyclist(random, { ...along(x, z, random.pick(DIRECTIONS), 0, variant.rangeAlongM), turn }),
      parked: true,
    };
  });
}

function crossers(random: Random, layout: Layout, z: number): Mover[] {
  return Array.from({ length: random.integer(0, 4) }, () => {
    const x = random.between(-layout.roadHalfM, layout.roadHalfM);
    const way = along(
      x,
      z + random.between(-1.4, 1.4),
      random.pick(DIRECTIONS),
      random.between(1, 1.6),
      layout.roadHalfM + 2,
    );
    return { kind: "pedestrian" as const, looks: somebody(random), way: { ...way, crossing: true } };
  });
}

function along(x: number, z: number, direction: 1 | -1, speedMps: number, rangeM: number): Way {
  return { x, z, direction, speedMps, rangeM, crossing: false, turn: 0 };
}

type Bodywork = Omit<Vehicle, "way" | "parked">;

function car(random: Random): Bodywork {
  const taxi = random.chance(1 / 8);
  return {
    kind: "vehicle",
    bus: false,
    taxi,
    stripe: undefined,
    sign: false,
    shape: taxi ? TAXI_SHAPE : random.pick(CAR_SHAPES),
    paint: taxi ? TAXI_PAINT : varied(random, CAR_PAINTS, 0.15),
  };
}

function bus(random: Random): Bodywork {
  return {
    kind: "vehicle",
    bus: true,
    taxi: false,
    shape: random.chance(0.7) ? CITY_BUS : SHORT_BUS,
    paint: varied(random, BUS_PAINTS, 0.1),
    stripe: random.chance(0.6) ? random.pick(CAR_PAINTS) : undefined,
    sign: random.chance(0.8),
  };
}

function somebody(random: Random): Looks {
  const child = random.chance(0.1);
  return {
    shirt: random.pick(CLOTHES),
    trousers: random.chance(0.7) ? random.pick(TROUSERS) : random.pick(CLOTHES),
    skin: random.pick(SKINS),
    hair: random.pick(HAIRS),
    accent: random.pick(CLOTHES),
    height: random.between(0.86, 1.08) * (child ? 0.75 : 1),
    width: random.between(0.88, 1.2),
    phase: random.between(0, 2 * Math.PI),
    bag: random.chance(0.3),
    hat: random.chance(0.15),
    skirt: random.chance(0.18),
    longHair: random.chance(0.35),
  };
}

function cyclist(random: Random, way: Way): Cyclist {
  return {
    kind: "cyclist",
    way,
    looks: somebody(random),
    parked: false,
    frame: random.pick(CAR_PAINTS),
    helmet: random.chance(0.6) ? random.pick(CLOTHES) : undefined,
  };
}

/** Where a mover is at some moment. */
export interface Place {
  readonly x: number;
  readonly z: number;
  /** Radians from the direction of rising z towards rising x. */
  readonly heading: number;
  /** How many times it has left at one end and come in again at the other. */
  readonly lap: number;
}

/** Where a mover is `atS` seconds (0 or more) after the scene's start. */
export function placeAt(way: Way, atS: number): Place {
  const start = way.crossing ? way.x : way.z;
  const gone = start + way.direction * way.speedMps * atS + way.rangeM;
  const round = 2 * way.rangeM;
  const lap = Math.floor(gone / round);
  const now = gone - lap * round - way.rangeM;
  if (way.crossing) return { x: now, z: way.z, heading: (way.direction * Math.PI) / 2, lap: Math.abs(lap) };
  const heading = (way.direction > 0 ? 0 : Math.PI) + way.turn;
  return { x: way.x, z: now, heading, lap: Math.abs(lap) };
}
