export { machine } from "./machine.js";
export { admit, type Admissible, type AdmitGate, type AdmitRules, type FrameFact, type InHouse } from "./admit.js";
