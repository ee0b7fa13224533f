import { systemClock } from "../../src/core/clock.js";
import type { RuntimeWish } from "../../src/core/devices.js";
import { openPool, type InferenceMode, type InferencePool } from "../../src/pool/index.js";
import type { ContractOptions } from "./contract.js";

/** How the contract's tests open a pool in a mode, two tasks deep, with a deadline that none of them meets. */
export const opening = (mode: InferenceMode, wish: RuntimeWish = {}) => (options: ContractOptions): Promise<InferencePool> =>
  openPool({ depth: 2, frameTimeoutMs: 60_000, hangLimitMs: 120_000, mode, ...wish, ...options }, systemClock);
