import { readFile, stat } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { z } from "../core/schema.js";
import { ALL_STREAMS } from "../core/topics.js";
import type { StoredToken } from "./token.js";

/** Only its owner may read it. */
const MODE = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
/** More than anybody hands out; a file beyond that is something else. */
const MOST_TOKENS = 1000;
/** Between 8 MiB and 128 MiB a check: a file must not be able to make us use more. */
const cost = z.strictObject({ N: z.int().min(8192).max(131_072), r: z.literal(8), p: z.literal(1) });
const STREAM_NAME = /^[A-Za-z0-9._-]{1,64}$/;

const fileSchema = z.strictObject({
  v: z.literal(1),
  tokens: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Za-z0-9]{8}$/),
        name: z.string().max(64),
        role: z.union([z.literal("viewer"), z.literal("admin")]),
        streams: z.union([z.literal(ALL_STREAMS), z.array(z.string().regex(STREAM_NAME)).max(1000)]),
        createdAt: z.string().max(40),
        scrypt: cost,
        salt: z.base64().min(16).max(128),
        hash: z.base64().min(40).max(128),
      }),
    )
    .max(MOST_TOKENS),
});

/**
 * Reads the tokens of a file; none where there is no file.
 * @throws PipelineError E_TOKENS when it can't be read, is something else, or others may write to it
 */
export async function readTokens(path: string): Promise<readonly StoredToken[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    if (systemCodeOf(cause) === "ENOENT") return undefined;
    throw new PipelineError("E_TOKENS", `${path} can't be read (${systemCodeOf(cause)})`, { cause });
  });
  if (text === undefined) return [];
  await refuseWritable(path);
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data.tokens;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new PipelineError("E_TOKENS", `${path} is no file with tokens${where === "" ? "" : ` (see ${where})`}`);
}

/** Who can write it can let himself in. Windows has no such bits. */
async function refuseWritable(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const { mode } = await stat(path);
  if ((mode & WRITABLE_BY_OTHERS) !== 0) throw new PipelineError("E_TOKENS", `${path} may be written by others (mode 0${(mode & 0o777).toString(8)}); allowed: 0600`);
}

/**
 * Writes the tokens as a whole or not at all, for the owner alone.
 * @throws PipelineError E_TOKENS
 */
export async function writeTokens(path: string, tokens: readonly StoredToken[]): Promise<void> {
  if (tokens.length > MOST_TOKENS) throw new PipelineError("E_TOKENS", `${path} would hold ${tokens.length} tokens; allowed: ${MOST_TOKENS}`);
  const text = `${JSON.stringify({ v: 1, tokens }, null, 2)}\n`;
  await writeFileAtomic(path, text, { mode: MODE }).catch((cause: unknown) => {
    throw new PipelineError("E_TOKENS", `${path} can't be written (${systemCodeOf(cause)})`, { cause });
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
