import type { WireRecord } from "../../wire/index.js";
import { connect } from "./connection.js";
import { decodeVideoFrame } from "../../core/video-frame.js";
import { addStreamCard, type DrawnFrame, type StreamCard } from "./stream-card.js";

declare global {
  interface Window {
    /** What the page shows, readable from outside. */
    sightline: { lastDrawn: DrawnFrame | undefined };
  }
}

window.sightline = { lastDrawn: undefined };

const place = document.querySelector<HTMLElement>("#streams")!;
const empty = document.querySelector<HTMLElement>("#empty")!;
const pill = document.querySelector<HTMLElement>("#connection")!;
const cards = new Map<string, StreamCard>();

function cardOf(stream: string): StreamCard {
  let card = cards.get(stream);
  if (!card) {
    card = addStreamCard(stream, place, (frame) => {
      window.sightline.lastDrawn = frame;
    });
    cards.set(stream, card);
    empty.hidden = true;
  }
  return card;
}

function onText(text: string): void {
  const message = JSON.parse(text) as WireRecord | { readonly type: "hello" | "subscribed" | "error" };
  if (message.type === "frame") cardOf(message.stream).record(message);
  else if (message.type === "stats") cardOf(message.stream).stats(message);
}

/** Acknowledges only when the picture is decoded: the server then sends no faster than this page can show. */
async function onPicture(message: ArrayBuffer): Promise<void> {
  const picture = decodeVideoFrame(message);
  if (!picture) return;
  const { stream, epoch, frame, widthPx, heightPx, lookedAt } = picture;
  try {
    const image = await createImageBitmap(new Blob([picture.jpeg], { type: "image/jpeg" }));
    cardOf(stream).picture({ epoch, frame, widthPx, heightPx, lookedAt, image });
  } finally {
    connection.send({ type: "ack", stream, frame });
  }
}

/** A page that nobody sees asks for no pictures. */
function subscribe(): void {
  const topics = document.hidden ? ["stats"] : ["detections", "stats", "video"];
  connection.send({ type: "subscribe", streams: ["*"], topics });
}

const connection = connect({
  opened() {
    for (const card of cards.values()) card.reset();
    subscribe();
  },
  text: onText,
  picture: (message) => void onPicture(message).catch((error: unknown) => console.warn("a picture was not shown", error)),
  state(state) {
    pill.dataset["state"] = state;
    pill.textContent = state;
  },
});
document.addEventListener("visibilitychange", subscribe);
