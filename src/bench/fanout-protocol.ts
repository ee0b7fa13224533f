/** What the process of the clients is told; it answers each with a ClientsAnswer, one after the other. */
export type ClientsCommand =
  /** Connects so many more. Readers subscribe to detections; sleepers too, and then never read; idle ones ask for nothing. */
  | { readonly kind: "connect"; readonly url: string; readonly group: string; readonly count: number; readonly behaviour: "reads" | "sleeps" | "idle" }
  /** What a group has got since it was asked last. */
  | { readonly kind: "count"; readonly group: string }
  /** Ends a group's connections. */
  | { readonly kind: "leave"; readonly group: string };

/** What a group of clients has got. */
export interface Counted {
  readonly clients: number;
  /** Still connected. */
  readonly connected: number;
  /** Frame records, of all clients together. */
  readonly received: number;
  /** Of the client that got least, and of the one that got most. */
  readonly least: number;
  readonly most: number;
  /** Records told to be lost. */
  readonly lost: number;
  /** Frames whose number did not rise. */
  readonly disordered: number;
  /** Publish to arrival, ms. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Either the figures, or why there are none. */
export type ClientsAnswer = { readonly counted: Counted } | { readonly error: string };
