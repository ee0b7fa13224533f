import { testFile, testLive } from "./through-faults.js";

// Others than those that run each time.
testFile([11, 12, 13, 14, 15]);
testLive([21, 22, 23, 24, 25]);
