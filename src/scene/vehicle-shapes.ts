/** A point of a side view: metres ahead of the middle, metres above the road. */
export type SidePoint = readonly [ahead: number, up: number];
/** A point of a profile: as above, and how much of the full width the body has there. */
export type ProfilePoint = readonly [ahead: number, up: number, width: number];

/** A vehicle's body: a side profile drawn out sideways, narrower towards the roof. */
export interface VehicleShape {
  readonly lengthM: number;
  readonly widthM: number;
  /** From the lower rear edge over the roof to the lower front edge. */
  readonly profile: readonly ProfilePoint[];
  /** The pieces of the profile (by the number of their first point) that are panes. */
  readonly panes: readonly number[];
  /** The number of the profile's point where the roof begins. */
  readonly roofAt: number;
  /** Side windows, rear to front. */
  readonly windows: readonly (readonly SidePoint[])[];
  /** Where the axles are, m ahead of the middle. */
  readonly axles: readonly number[];
  readonly wheelM: number;
}

const SEDAN: VehicleShape = {
  lengthM: 4.5, widthM: 1.8,
  profile: [
    [-2.22, 0.32, 1], [-2.25, 0.62, 1], [-2.16, 0.92, 0.97], [-1.45, 0.99, 0.96], [-0.85, 1.42, 0.76],
    [0.35, 1.45, 0.76], [1.12, 0.98, 0.95], [2.02, 0.84, 0.95], [2.22, 0.64, 0.96], [2.22, 0.32, 0.97],
  ],
  panes: [3, 5], roofAt: 4,
  windows: [
    [[-1.25, 1.01], [-0.78, 1.37], [-0.22, 1.39], [-0.22, 1.01]],
    [[-0.14, 1.01], [-0.14, 1.39], [0.32, 1.4], [0.95, 1.01]],
  ],
  axles: [-1.38, 1.38], wheelM: 0.33,
};

const HATCHBACK: VehicleShape = {
  lengthM: 3.9, widthM: 1.74,
  profile: [
    [-1.9, 0.32, 1], [-1.95, 0.7, 1], [-1.85, 1, 0.96], [-1.4, 1.46, 0.78], [0.3, 1.5, 0.77],
    [1.05, 1.02, 0.95], [1.78, 0.88, 0.95], [1.95, 0.66, 0.96], [1.95, 0.32, 0.97],
  ],
  panes: [2, 4], roofAt: 3,
  windows: [
    [[-1.6, 1.04], [-1.3, 1.41], [-0.4, 1.43], [-0.4, 1.04]],
    [[-0.32, 1.04], [-0.32, 1.43], [0.27, 1.44], [0.88, 1.04]],
  ],
  axles: [-1.2, 1.22], wheelM: 0.32,
};

const OFF_ROADER: VehicleShape = {
  lengthM: 4.7, widthM: 1.92,
  profile: [
    [-2.3, 0.4, 1], [-2.35, 0.85, 1], [-2.28, 1.1, 0.97], [-2, 1.68, 0.8], [0.4, 1.72, 0.79],
    [1.15, 1.16, 0.95], [2.15, 1.04, 0.95], [2.34, 0.8, 0.96], [2.34, 0.4, 0.97],
  ],
  panes: [2, 4], roofAt: 3,
  windows: [
    [[-2.08, 1.15], [-1.88, 1.6], [-1.25, 1.62], [-1.25, 1.15]],
    [[-1.17, 1.15], [-1.17, 1.62], [-0.3, 1.64], [-0.3, 1.15]],
    [[-0.22, 1.15], [-0.22, 1.64], [0.36, 1.66], [0.98, 1.15]],
  ],
  axles: [-1.45, 1.45], wheelM: 0.38,
};

const PEOPLE_CARRIER: VehicleShape = {
  lengthM: 4.9, widthM: 1.95,
  profile: [
    [-2.4, 0.36, 1], [-2.42, 0.9, 1], [-2.36, 1.15, 0.97], [-2.22, 1.88, 0.86], [0.9, 1.9, 0.85],
    [1.72, 1.18, 0.95], [2.3, 0.98, 0.95], [2.44, 0.72, 0.96], [2.44, 0.36, 0.97],
  ],
  panes: [2, 4], roofAt: 3,
  windows: [
    [[-2.15, 1.2], [-2.08, 1.74], [-1.1, 1.75], [-1.1, 1.2]],
    [[-1, 1.2], [-1, 1.75], [0, 1.76], [0, 1.2]],
    [[0.1, 1.2], [0.1, 1.76], [0.85, 1.77], [1.5, 1.2]],
  ],
  axles: [-1.5, 1.55], wheelM: 0.36,
};

const ESTATE: VehicleShape = {
  lengthM: 4.6, widthM: 1.82,
  profile: [
    [-2.26, 0.32, 1], [-2.3, 0.66, 1], [-2.22, 0.98, 0.97], [-1.84, 1.44, 0.79], [0.38, 1.47, 0.77],
    [1.14, 1, 0.95], [2.06, 0.86, 0.95], [2.26, 0.65, 0.96], [2.26, 0.32, 0.97],
  ],
  panes: [2, 4], roofAt: 3,
  windows: [
    [[-1.98, 1.02], [-1.72, 1.38], [-1.06, 1.4], [-1.06, 1.02]],
    [[-0.98, 1.02], [-0.98, 1.4], [-0.2, 1.41], [-0.2, 1.02]],
    [[-0.12, 1.02], [-0.12, 1.41], [0.34, 1.42], [0.97, 1.02]],
  ],
  axles: [-1.4, 1.4], wheelM: 0.33,
};

const CITY_BUS: VehicleShape = {
  lengthM: 11, widthM: 2.5,
  profile: [
    [-5.5, 0.4, 1], [-5.5, 2.75, 1], [-5.3, 3.05, 0.95], [5.2, 3.05, 0.95],
    [5.45, 2.7, 0.99], [5.5, 1.1, 1], [5.5, 0.4, 1],
  ],
  panes: [], roofAt: 2, windows: [], axles: [-3.4, 3.5], wheelM: 0.5,
};

const SHORT_BUS: VehicleShape = {
  ...CITY_BUS,
  lengthM: 8,
  profile: CITY_BUS.profile.map(([ahead, up, width]) => [ahead * 0.73, up * 0.94, width] as const),
  axles: [-2.3, 2.5], wheelM: 0.45,
};

/** Car bodies, each as often as it stands here. */
export const CAR_SHAPES = [SEDAN, SEDAN, HATCHBACK, HATCHBACK, OFF_ROADER, OFF_ROADER, PEOPLE_CARRIER, ESTATE] as const;
export const TAXI_SHAPE = SEDAN;
export { CITY_BUS, SHORT_BUS };
