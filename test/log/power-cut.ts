import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { chance } from "../rig/chance.js";
import { temporaryFolder } from "../sinks/programs.js";
import { assertSurvived, startRecorder } from "./recorder.js";

/** What the writer asked of the system, in its order. */
type Op =
  | { readonly op: "write"; readonly name: string; readonly bytes: number }
  | { readonly op: "cut"; readonly name: string; readonly bytes: number }
  | { readonly op: "sync"; readonly name: string }
  | { readonly op: "make"; readonly name: string }
  | { readonly op: "rename"; readonly name: string; readonly to: string }
  | { readonly op: "remove"; readonly name: string }
  | { readonly op: "syncFolder" }
  | { readonly op: "acknowledge"; readonly records: number };

const CALLS = "write,pwrite64,writev,fdatasync,fsync,openat,rename,renameat,renameat2,unlink,unlinkat,ftruncate";

/** Reads strace's lines (`-f -y`, calls that succeeded) as operations on the files of one folder. */
export function opsIn(trace: string, folder: string): Op[] {
  const pending = new Map<string, string>();
  return trace.split("\n").flatMap((line): Op[] => {
    const [, pid = "", text = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    // A call that was interrupted by another thread's: its two halves are put together at its end.
    if (text.endsWith("<unfinished ...>")) {
      pending.set(pid, text.slice(0, -"<unfinished ...>".length));
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    return opOf(resumed ? (pending.get(pid) ?? "") + resumed[1]! : text, folder);
  });
}

function opOf(call: string, folder: string): Op[] {
  const [, name, args = "", result = ""] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(call) ?? [];
  const fd = /^\d+<([^>]*)>/.exec(args)?.[1];
  if (name === undefined || Number(result) < 0) return [];
  const acknowledged = /^1<.*"ACK (\d+)\\n"/.exec(args);
  if (acknowledged) return [{ op: "acknowledge", records: Number(acknowledged[1]) }];
  if (fd === folder) return name === "fsync" ? [{ op: "syncFolder" }] : [];
  if (fd?.startsWith(`${folder}/`)) {
    const file = basename(fd);
    if (/write/.test(name)) return [{ op: "write", name: file, bytes: Number(result) }];
    if (/sync/.test(name)) return [{ op: "sync", name: file }];
    if (name === "ftruncate") return [{ op: "cut", name: file, bytes: Number(/, (\d+)$/.exec(args)?.[1]) }];
  }
  const paths = [...args.matchAll(/"([^"]*)"/g)].map(([, path]) => path!).filter((path) => path.startsWith(`${folder}/`)).map((path) => basename(path));
  if (name === "openat" && /O_CREAT/.test(args) && paths[0]) return [{ op: "make", name: paths[0] }];
  if (/^rename/.test(name) && paths.length === 2) return [{ op: "rename", name: paths[0]!, to: paths[1]! }];
  if (/^unlink/.test(name) && paths[0]) return [{ op: "remove", name: paths[0] }];
  return [];
}

/** A file as the disk has it: what is safe, and what was written beyond that. */
interface DiskFile {
  /** Its number: names come and go. */
  readonly id: number;
  writtenBytes: number;
  safeBytes: number;
}

/** What a power cut after the first `count` operations may leave: names and files, as far as they were made safe and by chance beyond. */
function afterCut(ops: readonly Op[], count: number, random: () => number): { readonly names: Map<string, DiskFile>; readonly acknowledged: number } {
  const files = new Map<string, DiskFile>();
  const later: (() => void)[] = [];
  const safeNames = new Map<string, DiskFile>();
  let acknowledged = 0;
  let ids = 0;
  for (const op of ops.slice(0, count)) {
    const file = "name" in op ? files.get(op.name) : undefined;
    if (op.op === "make" && !file) {
      const made = { id: (ids += 1), writtenBytes: 0, safeBytes: 0 };
      files.set(op.name, made);
      later.push(() => safeNames.set(op.name, made));
    } else if (op.op === "write" && file) file.writtenBytes += op.bytes;
    else if (op.op === "cut" && file) file.safeBytes = Math.min(file.safeBytes, (file.writtenBytes = op.bytes));
    else if (op.op === "sync" && file) file.safeBytes = file.writtenBytes;
    else if (op.op === "rename" && file) {
      files.delete(op.name);
      files.set(op.to, file);
      later.push(() => void (safeNames.delete(op.name), safeNames.set(op.to, file)));
    } else if (op.op === "remove") {
      files.delete(op.name);
      later.push(() => safeNames.delete(op.name));
    } else if (op.op === "syncFolder") for (const change of later.splice(0)) change();
    else if (op.op === "acknowledge") acknowledged = op.records;
  }
  // Of the names that are not safe the first few may have reached the disk.
  for (const change of later.slice(0, Math.floor(random() * (later.length + 1)))) change();
  return { names: safeNames, acknowledged };
}

/** Bytes beyond the safe ones: gone, there, torn anywhere, or there as NULs from somewhere on. */
function leftOf(whole: Buffer, { writtenBytes, safeBytes }: DiskFile, random: () => number): Buffer {
  const endBytes = safeBytes + Math.floor(random() * (writtenBytes - safeBytes + 1));
  const left = Buffer.from(whole.subarray(0, endBytes));
  if (random() < 0.3) left.fill(0, safeBytes + Math.floor(random() * (endBytes - safeBytes + 1)));
  return left;
}

/** Traces a recorder that rotates, and loses what was not safe at moments that follow from the seed. @returns what happened */
export async function powerCuts(seed: number, cuts: number): Promise<{ readonly ops: number; readonly acknowledged: number }> {
  await using folder = await temporaryFolder();
  const logs = folder.file("logs");
  mkdirSync(logs);
  const path = join(logs, "a.jsonl");
  const trace = folder.file("trace");
  const options = { rotate: { every: "none", maxMiB: 0.1 }, syncMs: 30 } as const;
  const recorder = startRecorder(path, { perSecond: 2000, count: 3000, options }, ["strace", "-f", "-y", "-qq", "-s", "64", "-e", `trace=${CALLS}`, "-o", trace]);
  await recorder.over();
  const ops = opsIn(readFileSync(trace, "utf8"), logs);
  const all = afterCut(ops, ops.length, () => 1);
  const contents = new Map([...all.names].filter(([name]) => name.endsWith(".jsonl")).map(([name, { id }]) => [id, readFileSync(join(logs, name))]));
  const random = chance(seed);
  for (let cut = 0; cut < cuts; cut += 1) {
    const count = Math.floor(random() * (ops.length + 1));
    const { names, acknowledged } = afterCut(ops, count, random);
    const left = folder.file("left");
    mkdirSync(left);
    for (const [name, file] of names) {
      const whole = contents.get(file.id);
      if (whole) writeFileSync(join(left, name), leftOf(whole, file, random));
    }
    await assertSurvived(join(left, "a.jsonl"), acknowledged, `seed ${seed}, cut ${cut} after ${count} of ${ops.length} calls`);
    rmSync(left, { recursive: true });
  }
  return { ops: ops.length, acknowledged: all.acknowledged };
}
