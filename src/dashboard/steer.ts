import type { PlaybackState } from "../wire/index.js";

/** What the server's replay can be told; as `POST /api/v1/playback` takes it. */
export type Steering =
  | { readonly command: "play" | "pause" }
  | { readonly command: "seek"; readonly to: { readonly positionMs: number }; readonly stream?: string }
  | { readonly command: "step"; readonly frames: 1 | -1; readonly stream?: string }
  | { readonly command: "speed"; readonly speed: PlaybackState["speed"] }
  | { readonly command: "loop"; readonly loop: boolean };

const PATH = "/api/v1/playback";
/** Commands that may wait for the one that is being followed; of seeks only the newest does. */
const MOST_WAITING = 8;

/** Sends commands one after the other. `told` is given why one was refused, or empty words when it was followed. */
export function steering(told: (trouble: string) => void): (command: Steering) => void {
  let waiting: Steering[] = [];
  let isSending = false;
  const sendAll = async (): Promise<void> => {
    isSending = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) told(await send(next));
    isSending = false;
  };
  return (command) => {
    if (command.command === "seek") waiting = waiting.filter((one) => one.command !== "seek");
    if (waiting.length < MOST_WAITING) waiting.push(command);
    if (!isSending) void sendAll();
  };
}

async function send(command: Steering): Promise<string> {
  try {
    const answer = await fetch(PATH, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(command) });
    if (answer.ok) return "";
    if (answer.status === 403) return "Only an admin may steer the replay.";
    return ((await answer.json()) as { detail?: string }).detail ?? `The server answered ${answer.status}.`;
  } catch {
    return "The server can't be reached.";
  }
}
