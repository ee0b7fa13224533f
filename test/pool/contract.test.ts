import { systemClock } from "../../src/core/clock.js";
import { openPool, type InferencePool } from "../../src/pool/index.js";
import { poolContract, type ContractOptions } from "./contract.js";

const opening = (mode: "threads" | "shared" | "processes") => (options: ContractOptions): Promise<InferencePool> =>
  openPool({ depth: 2, frameTimeoutMs: 60_000, hangLimitMs: 120_000, mode, ...options }, systemClock);

poolContract("threads", { open: opening("threads"), tolerance: 0 });
// Two threads inside a run divide the same sums: not one bit of these models' results depends on it.
poolContract("shared", { open: opening("shared"), tolerance: 0 });
poolContract("processes", { open: opening("processes"), tolerance: 0 });
