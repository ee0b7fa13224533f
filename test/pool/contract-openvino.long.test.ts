import { poolContract } from "./contract.js";
import { opening } from "./opening.js";
import { skipOpenvino } from "../support/runtimes.js";

const wish = { runtime: "openvino" } as const;

// Mode threads is in the short run.
poolContract("shared, openvino", { open: opening("shared", wish), wish, tolerance: 1e-3 }, skipOpenvino);
poolContract("processes, openvino", { open: opening("processes", wish), wish, tolerance: 0 }, skipOpenvino);
