export { orderStart, orderStep, type Ordered, type OrderInput, type OrderState } from "./reorder.js";
export { pace, type Pace } from "./pace.js";
