export { orderStart, orderStep, type Ordered, type OrderInput, type OrderState } from "./reorder.js";
export { pace } from "./pace.js";
