import picocolors from "picocolors";

/** What is for people goes to stderr: standard output belongs to records and JSON. */
export interface Terminal extends Disposable {
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly paint: Paint;
  /** Prints whole lines; a status line moves out of their way. */
  say(text: string): void;
  /** Shows or replaces the line at the bottom; on a terminal only. An empty text takes it away. */
  status(text: string): void;
}

/** Colours, or none where nobody would see them. */
export interface Paint {
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[2K";

/** stderr, with colours only on a terminal and never against NO_COLOR. */
export function openTerminal(stream: NodeJS.WriteStream = process.stderr, environment: NodeJS.ProcessEnv = process.env): Terminal {
  const isInteractive = stream.isTTY === true && environment["TERM"] !== "dumb";
  let shown = "";
  // A terminal that was closed must not end the run.
  const ignore = (): void => undefined;
  stream.on("error", ignore);
  return {
    isInteractive,
    get columns() {
      return stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS;
    },
    paint: paintFor(stream, environment),
    say(text) {
      stream.write(shown === "" ? `${text}\n` : `${CLEAR_LINE}${text}\n${shown}`);
    },
    status(text) {
      if (!isInteractive || text === shown) return;
      stream.write(`${CLEAR_LINE}${text}`);
      shown = text;
    },
    [Symbol.dispose]: () => {
      if (shown !== "") stream.write(CLEAR_LINE);
      shown = "";
    },
  };
}

/** Colours for a stream. */
export function paintFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Paint {
  const wanted = stream.isTTY === true && environment["TERM"] !== "dumb" && (environment["NO_COLOR"] ?? "") === "";
  return picocolors.createColors(wanted);
}

/** Names of files and streams may hold anything, also what would steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
}
