import { makeToken, readTokens, writeTokens, type StoredToken } from "../auth/index.js";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { ALL_STREAMS } from "../core/topics.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { settingsFor, tokensFileOf } from "./settings.js";
import { printable } from "./terminal.js";

const LONGEST_NAME = 64;
const STREAM_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * `sightline token add|list|remove [ID]`
 * @throws PipelineError E_USAGE, E_TOKENS, E_CONFIG, E_CONFIG_FILE
 */
export async function token([action, id, ...more]: readonly string[], given: GivenFlags): Promise<number> {
  const file = tokensFileOf(await settingsFor(FLAGS.token, given, []), given);
  const json = given["json"] === true;
  if (more.length > 0) throw new PipelineError("E_USAGE", `${JSON.stringify(more[0])} is one word too many`);
  switch (action) {
    case "add":
      if (id !== undefined) throw new PipelineError("E_USAGE", `token add takes no further word, but ${JSON.stringify(id)} was given`);
      return add(file, given, json);
    case "list":
      return list(file, json);
    case "remove":
      if (id === undefined) throw new PipelineError("E_USAGE", "token remove needs the ID that token list shows");
      return remove(file, id, json);
    default:
      throw new PipelineError("E_USAGE", `token is followed by ${JSON.stringify(action)}; allowed: add, list, remove`);
  }
}

async function add(file: string, given: GivenFlags, json: boolean): Promise<number> {
  const access = { role: roleOf(given["role"]), streams: streamsOf(given["streams"]) };
  const known = await readTokens(file);
  const made = await makeToken(access, nameOf(given["name"]), new Date(systemClock.wallMs()).toISOString());
  await writeTokens(file, [...known, made.stored]);
  if (json) {
    await print(JSON.stringify({ v: 1, token: made.token, file, ...shown(made.stored) }));
    return 0;
  }
  await print(made.token);
  process.stderr.write(`sightline: this is the only time that it is shown; ${printable(file)} holds its hash, and a program that runs takes it over within seconds\n`);
  return 0;
}

async function list(file: string, json: boolean): Promise<number> {
  const tokens = await readTokens(file);
  if (json) {
    await print(JSON.stringify({ v: 1, file, tokens: tokens.map(shown) }));
    return 0;
  }
  if (tokens.length === 0) process.stderr.write(`sightline: there is no token in ${printable(file)}\n`);
  for (const { id, role, streams, createdAt, name } of tokens) {
    await print(printable(`${id}  ${role.padEnd(6)}  ${streams === ALL_STREAMS ? "all streams" : streams.join(",")}  ${createdAt}  ${name}`.trimEnd()));
  }
  return 0;
}

async function remove(file: string, id: string, json: boolean): Promise<number> {
  const tokens = await readTokens(file);
  const left = tokens.filter((one) => one.id !== id);
  if (left.length === tokens.length) throw new PipelineError("E_USAGE", `${file} holds no token ${JSON.stringify(id)}; see: sightline token list`);
  await writeTokens(file, left);
  if (json) await print(JSON.stringify({ v: 1, file, removed: id }));
  else process.stderr.write(`sightline: ${id} was removed; ${left.length} left\n`);
  return 0;
}

/** What may be told of a token. */
const shown = ({ id, name, role, streams, createdAt }: StoredToken): object => ({ id, name, role, streams, createdAt });

function roleOf(role: unknown): "viewer" | "admin" {
  if (role === undefined) return "viewer";
  if (role === "viewer" || role === "admin") return role;
  throw new PipelineError("E_USAGE", `--role is ${JSON.stringify(role)}; allowed: viewer, admin`);
}

function streamsOf(list: unknown): StoredToken["streams"] {
  if (typeof list !== "string" || list === ALL_STREAMS) return ALL_STREAMS;
  const names = list.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !STREAM_NAME.test(name));
  if (wrong !== undefined) throw new PipelineError("E_USAGE", `--streams holds ${JSON.stringify(wrong)}; allowed: names of 1 to 64 letters, digits, ".", "_" and "-"`);
  return names;
}

function nameOf(name: unknown): string {
  const text = typeof name === "string" ? name.trim() : "";
  if (text.length > LONGEST_NAME || /\p{Cc}/u.test(text)) throw new PipelineError("E_USAGE", `--name is longer than ${LONGEST_NAME} letters, or holds control characters`);
  return text;
}
