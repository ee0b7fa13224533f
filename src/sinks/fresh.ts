import { lstatSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PipelineError } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";
import { outputError } from "./target.js";

/** What comes to be, and what may give way to it. */
export interface FreshOptions {
  readonly kind: "file" | "folder";
  /** What is there is replaced; a folder only when `isOurs` holds for all that lies in it. */
  readonly force: boolean;
  /** Whether a name in the folder is one that is written there. */
  readonly isOurs?: (name: string) => boolean;
}

/** A file or folder that comes to be whole or not at all. Disposing takes away what was not kept. */
export interface FreshOutput extends AsyncDisposable {
  /** Where to write: beside the place, so that moving it there is one step. */
  readonly temporaryPath: string;
  /** Moves it to its place. @throws PipelineError E_OUT_WRITE */
  keep(): Promise<void>;
}

/**
 * Makes room for an output, empty.
 * @throws PipelineError E_OUT_EXISTS, E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL
 */
export async function freshOutput(path: string, options: FreshOptions): Promise<FreshOutput> {
  await refuseWhatIsThere(path, options);
  const temporaryPath = `${path}.${process.pid}.part`;
  const remove = lastDuty(() => rmSync(temporaryPath, { recursive: true, force: true }));
  try {
    await rm(temporaryPath, { recursive: true, force: true });
    if (options.kind === "folder") await mkdir(temporaryPath);
    else await writeFile(temporaryPath, "", { flag: "wx" });
  } catch (thrown) {
    remove[Symbol.dispose]();
    throw outputError(thrown, "open", path);
  }
  return {
    temporaryPath,
    async keep() {
      try {
        // A folder can't be moved over one that holds something.
        if (options.kind === "folder" && options.force) await rm(path, { recursive: true, force: true });
        await rename(temporaryPath, path);
      } catch (thrown) {
        throw outputError(thrown, "move what was written to its place", path);
      }
      remove[Symbol.dispose]();
    },
    async [Symbol.asyncDispose]() {
      await rm(temporaryPath, { recursive: true, force: true });
      remove[Symbol.dispose]();
    },
  };
}

async function refuseWhatIsThere(path: string, { kind, force, isOurs = () => false }: FreshOptions): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  const refuse = (what: string): never => {
    throw new PipelineError("E_OUT_EXISTS", `${path} ${what}`);
  };
  if (kind === "file") {
    if (there.isDirectory()) refuse("is a folder; a file is written");
    if (!there.isFile() && !there.isSymbolicLink()) refuse("is no plain file");
    if (!force) refuse("is there already");
    return;
  }
  if (!there.isDirectory()) refuse("is no folder; several files are written");
  const names = await readdir(path);
  const foreign = names.find((name) => !isOurs(name));
  if (names.length > 0 && !force) refuse("is there already and not empty");
  if (foreign !== undefined) refuse(`holds ${join(path, foreign)}, which is none of what is written there`);
}
