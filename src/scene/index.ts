export { drawFrame, truthFor, type SceneFrame } from "./frame.js";
export { createRenderer, type RenderedFrame, type SceneRenderer } from "./render.js";
export { seededRandom, type Random } from "./random.js";
export { makeStreet, type Street, type StreetOptions } from "./street.js";
export { STREET_SHOTS } from "./street-shots.js";
export { CLASS_NAMES, type ClassId, type TrueObject } from "./truth.js";
