import { fuzzTest } from "./fuzz.js";

fuzzTest(100_000, 8_421_130);
