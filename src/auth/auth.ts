import type { Clock } from "../core/clock.js";
import { asPipelineError, type PipelineError } from "../core/errors.js";
import type { Identity, Verdict } from "./identity.js";
import { passes } from "./passes.js";
import type { StoredToken } from "./token.js";
import { readTokens } from "./tokens-file.js";
import { tokenVerifier } from "./verifier.js";
import { watchFiles } from "./watch-files.js";

/** Who may come in. Addresses are those of the connection; who guesses is slowed by them. */
export interface Auth extends Disposable {
  /** Whether a token has to be shown. Once it is true it stays so. */
  readonly asks: boolean;
  /** A token, as a tool shows it with each request. */
  verify(token: string, address: string): Promise<Verdict>;
  /** A browser's cookie, made by `remember`. */
  recall(cookie: string): Identity | undefined;
  remember(identity: Identity): string;
  forget(cookie: string): void;
  /** A ticket that opens one socket within TICKET_MS. */
  ticketFor(identity: Identity): string;
  redeem(ticket: string, address: string): Verdict;
  /** Whether the token of who was let in is still there and worth the same, and his login not over. Asking prolongs it: who is here has not left. */
  holds(identity: Identity): boolean;
  /** The file was read again, or somebody has logged out: who is inside may have to go. */
  onChange(listener: () => void): Disposable;
}

/** Where the tokens are. */
export interface AuthOptions {
  /** null = there are none, and never will be. */
  readonly tokensFile: string | null;
  /** Told when the file was read again, or is wrong by now: then those stay that were there. */
  readonly notice: (message: string, error?: PipelineError) => void;
}

/** How long a ticket may wait to be used, ms. */
export const TICKET_MS = 30_000;
/** A browser that does not come for so long logs in again, ms. */
const SESSION_IDLE_MS = 3_600_000;
/** And so does one after a working day. */
export const SESSION_LONGEST_MS = 12 * 3_600_000;
const MOST_PASSES = 10_000;

/**
 * Reads the tokens and keeps to the file.
 * @throws PipelineError E_TOKENS
 */
export async function openAuth({ tokensFile, notice }: AuthOptions, clock: Clock): Promise<Auth> {
  let tokens = byId([]);
  let asks = false;
  const verifier = tokenVerifier(() => tokens, clock);
  const sessions = passes<Identity>({ idleMs: SESSION_IDLE_MS, longestMs: SESSION_LONGEST_MS, once: false, most: MOST_PASSES });
  const tickets = passes<Identity>({ idleMs: TICKET_MS, longestMs: TICKET_MS, once: true, most: MOST_PASSES });
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());

  async function reload(path: string): Promise<void> {
    try {
      tokens = byId(await readTokens(path));
    } catch (thrown) {
      const error = asPipelineError(thrown, "E_TOKENS");
      return notice(`${error.message}; the tokens stay as they were`, error);
    }
    asks ||= tokens.size > 0;
    verifier.forgetAll();
    notice(`${path} was read again: ${tokens.size} ${tokens.size === 1 ? "token" : "tokens"}`);
    tell();
  }

  // Watched before it is read: what is written in between is read again.
  const watching = tokensFile === null ? undefined : watchFiles([tokensFile], clock, () => reload(tokensFile));
  try {
    tokens = byId(tokensFile === null ? [] : await readTokens(tokensFile));
  } catch (error) {
    watching?.[Symbol.dispose]();
    throw error;
  }
  asks = tokens.size > 0;
  const holds = ({ tokenId, role, streams, login }: Identity): boolean => {
    if (tokenId === null) return !asks;
    const stored = tokens.get(tokenId);
    const isWorthTheSame = stored?.role === role && String(stored.streams) === String(streams);
    return isWorthTheSame && (login === undefined || sessions.holds(login, clock.monotonicMs()));
  };
  const stillIn = (identity: Identity | undefined): Identity | undefined => (identity && holds(identity) ? identity : undefined);
  return {
    get asks() {
      return asks;
    },
    verify: (token, address) => verifier.verify(token, address),
    recall: (cookie) => stillIn(sessions.use(cookie, clock.monotonicMs())),
    remember: (identity) => sessions.issue((login) => ({ ...identity, login }), clock.monotonicMs()),
    forget(cookie) {
      sessions.revoke(cookie);
      tell();
    },
    ticketFor: (identity) => tickets.issue(() => identity, clock.monotonicMs()),
    redeem: (ticket, address) => verifier.judge(address, () => stillIn(tickets.use(ticket, clock.monotonicMs()))),
    holds,
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]: () => watching?.[Symbol.dispose](),
  };
}

const byId = (tokens: readonly StoredToken[]): ReadonlyMap<string, StoredToken> => new Map(tokens.map((token) => [token.id, token]));
