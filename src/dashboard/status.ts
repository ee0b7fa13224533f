import { byId, make, setText } from "./dom.js";
import { BEHIND_MS } from "./health.js";
import type { Store } from "./store.js";
import { durationWords } from "./words.js";

/** After so long without a connection it is said across the page, not only in the corner. */
const BANNER_AFTER_MS = 800;

/** Says how the connection does, in the corner and, when it matters, across the page. */
export function showStatus(store: Store): void {
  const { connection, playback } = store;
  const now = performance.now();
  const pill = byId("connection");
  const words = { connecting: "connecting", open: playback ? "replay" : "live", waiting: "disconnected", closed: "closed", login: "log in" }[connection.state];
  const isBehind = connection.state === "open" && !playback && allBehind(store);
  setText(pill, store.paused && connection.state === "open" ? "paused" : isBehind ? "behind" : words);
  pill.dataset["state"] = connection.state;
  pill.dataset["tone"] = connection.state === "open" ? (store.paused || isBehind ? "warn" : "good") : connection.state === "connecting" ? "warn" : "bad";
  const banner = byId("banner");
  const isAway = connection.state !== "open" && (connection.state === "login" || now - connection.sinceMs > BANNER_AFTER_MS);
  banner.hidden = !isAway;
  document.body.classList.toggle("is-away", isAway);
  if (isAway) showBanner(banner, store, now);
  setText(byId("summary"), summaryOf(store));
}

/** Each second other words would be read out each second: only what has happened is, the countdown is beside it. */
function showBanner(banner: HTMLElement, { connection }: Store, now: number): void {
  const [what, next] = [byId("banner-what"), byId("banner-next")];
  banner.dataset["state"] = connection.state;
  if (connection.state === "login") {
    setText(what, "This server asks for a login.");
    if (!next.querySelector("a")) next.replaceChildren(make("a", { href: "/login" }, "Log in"));
    return;
  }
  setText(what, `Not connected to sightline${connection.reason ? `: ${connection.reason}` : ""}.`);
  const leftMs = (connection.retryAtMs ?? now) - now;
  setText(next, `For ${durationWords(now - connection.sinceMs)}; ${leftMs > 0 ? `next try in ${durationWords(leftMs)}` : "trying now"}.`);
}

/** When every picture is late the network or this machine is to blame, not one stream. */
function allBehind({ streams }: Store): boolean {
  const delays = [...streams.values()].flatMap((model) => model.facts().delayMs ?? []);
  return delays.length > 0 && delays.every((delayMs) => delayMs > BEHIND_MS);
}

function summaryOf({ streams, connection }: Store): string {
  if (connection.state !== "open" || streams.size === 0) return "";
  const rates = [...streams.values()].map((model) => model.rates());
  const sum = (which: "in" | "inferred"): string => rates.reduce((total, one) => total + one[which], 0).toFixed(0);
  return `${streams.size} ${streams.size === 1 ? "stream" : "streams"}  ·  ${sum("inferred")} of ${sum("in")} fps`;
}
