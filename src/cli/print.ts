import { PipelineError } from "../core/errors.js";

/**
 * Prints lines on standard output. A reader that has gone away has seen what it wanted.
 * @throws PipelineError E_OUT_FULL, E_OUT_WRITE
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The stream tells an error as an event too; without a listener that would end the process.
    process.stdout.once("error", ignore);
    process.stdout.write(`${text}\n`, (error) => {
      if (!error) process.stdout.off("error", ignore);
      const code = error && "code" in error ? String(error.code) : "";
      if (!error || code === "EPIPE") return resolve();
      reject(new PipelineError(code === "ENOSPC" ? "E_OUT_FULL" : "E_OUT_WRITE", `standard output could not be written (${code})`, { cause: error }));
    });
  });
}

const ignore = (): void => undefined;
