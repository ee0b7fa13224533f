import { poolContract } from "./contract.js";
import { opening } from "./opening.js";
import { OPENVINO, skipOpenvino } from "../support/runtimes.js";

poolContract("threads", { open: opening("threads"), tolerance: 0 });
// Two threads inside a run divide the same sums: not one bit of these models' results depends on it.
poolContract("shared", { open: opening("shared"), tolerance: 0 });
poolContract("processes", { open: opening("processes"), tolerance: 0 });
// The other modes with it: contract-openvino.long.
poolContract("threads, openvino", { open: opening("threads", OPENVINO), wish: OPENVINO, tolerance: 0 }, skipOpenvino);
