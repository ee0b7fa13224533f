import { poolContract } from "./contract.js";
import { opening } from "./opening.js";
import { OPENVINO, skipOpenvino } from "../support/runtimes.js";

// Mode threads is in the short run.
poolContract("shared, openvino", { open: opening("shared", OPENVINO), wish: OPENVINO, tolerance: 1e-3 }, skipOpenvino);
poolContract("processes, openvino", { open: opening("processes", OPENVINO), wish: OPENVINO, tolerance: 0 }, skipOpenvino);
