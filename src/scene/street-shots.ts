import type { Shot } from "./clip.js";

/**
 * The shots of `samples/street.mp4`, 25 s in all: a day that ends in a rainy night. Chosen among four thousand seeds
 * for being crowded with all four classes, nothing too large before the camera, and nobody run over on the crossing.
 */
export const STREET_SHOTS: readonly Shot[] = [
  { seed: 2934, fromS: 50, lengthS: 5 },
  { seed: 3828, fromS: 9, lengthS: 5, time: "cloudy", rain: true },
  { seed: 1036, fromS: 42, lengthS: 5 },
  { seed: 2312, fromS: 0, lengthS: 5 },
  { seed: 492, fromS: 41, lengthS: 5 },
];
