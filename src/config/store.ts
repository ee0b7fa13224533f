import { readFile } from "node:fs/promises";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { hasSecret } from "../core/redact.js";
import { namesIn, readSecrets, withoutNames, withSecrets } from "./secrets.js";
import { withStream, type WrittenStream } from "./yaml.js";

/** Where changes made by the API may be kept. */
export interface StoreOptions {
  /** The settings file that the program was started with. */
  readonly file: string | undefined;
  /** Why nothing can be kept in it although it is there. */
  readonly refusal?: string;
  readonly secretsFile: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told of the text, and of the one that it replaces, right before it is written. */
  readonly onWrite?: (text: string, before: string) => void;
}

/** What a settings file knows of streams that come and change while the program runs. */
export interface SettingsFileStore {
  /**
   * Puts in what the names of a source stand for. Only names that the operator has written somewhere: in the secrets file
   * or in the settings file. (Who may add a stream may send its address anywhere, and all else in the environment with it.)
   * @throws PipelineError E_CONFIG, E_CONFIG_FILE
   */
  resolve(source: string): Promise<string>;
  /**
   * Does `work`, then writes the stream into the file, or takes it out (null); one change after the other. What can't be
   * written is refused before the work is done.
   * @throws PipelineError E_PERSIST, E_CONFIG_FILE, or what `work` throws
   */
  keep(stream: string, written: WrittenStream | null, work: () => Promise<void>): Promise<void>;
}

/** Makes it. Nothing is read before it is asked for. */
export function settingsFileStore(options: StoreOptions): SettingsFileStore {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async resolve(source) {
      if (namesIn(source).length === 0) return withSecrets(source, () => undefined);
      const text = options.file === undefined ? "" : await textOf(options.file);
      const written = namesIn(text);
      const inFile = await readSecrets(options.secretsFile, {});
      return withSecrets(source, (name) => inFile(name) ?? (written.includes(name) ? options.environment[name] : undefined));
    },
    keep(stream, written, work) {
      const turn = last.then(() => keepNow(options, stream, written, work));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function keepNow(options: StoreOptions, stream: string, written: WrittenStream | null, work: () => Promise<void>): Promise<void> {
  const { file, refusal, onWrite } = options;
  if (file === undefined) throw new PipelineError("E_PERSIST", "the program was started without a settings file (--config), so there is nowhere to keep it");
  if (refusal !== undefined) throw new PipelineError("E_PERSIST", refusal);
  const source = written?.["source"];
  if (typeof source === "string" && hasSecret(withoutNames(source))) {
    throw new PipelineError("E_PERSIST", "a password is not written into the settings file: give it as ${NAME}, and NAME=VALUE in the file that secretsFile names");
  }
  const before = await textOf(file);
  const after = withStream(before, file, stream, written);
  await work();
  if (after === before) return;
  onWrite?.(after, before);
  const { default: writeFileAtomic } = await import("write-file-atomic");
  await writeFileAtomic(file, after).catch((cause: unknown) => {
    const code = systemCodeOf(cause);
    throw new PipelineError("E_PERSIST", `${file} can't be written (${code}); the change is in force until the program ends`, { cause });
  });
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((cause: unknown) => {
    const code = systemCodeOf(cause);
    throw new PipelineError("E_CONFIG_FILE", `${file} can't be read (${code})`, { cause });
  });
}
