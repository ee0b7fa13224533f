import { join } from "node:path";
import { makeToken, readTokens, writeTokens } from "../../src/auth/index.js";
import type { Access } from "../../src/core/access.js";
import { temporaryFolder } from "../support/pool.js";

/** A file with tokens that a test adds to. */
export interface TestTokens {
  readonly path: string;
  /** Adds a token; gives what its owner shows. */
  add(access?: Partial<Access>): Promise<string>;
  remove(token: string): Promise<void>;
}

/** Makes an empty place for tokens: there is no file until one is added. */
export function testTokens(): TestTokens {
  const path = join(temporaryFolder(), "tokens.json");
  return {
    path,
    async add(access = {}) {
      const { token, stored } = await makeToken({ role: "admin", streams: "*", ...access }, "test", "2026-01-02T03:04:05.000Z");
      await writeTokens(path, [...(await readTokens(path)), stored]);
      return token;
    },
    async remove(token) {
      await writeTokens(path, (await readTokens(path)).filter(({ id }) => !token.startsWith(`slt_${id}_`)));
    },
  };
}
