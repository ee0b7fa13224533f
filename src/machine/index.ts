export { availableCores, type AvailableCores, type CoresSeen } from "./cores.js";
export { machineLine } from "./line.js";
export { countsNatively } from "./precisions.js";
