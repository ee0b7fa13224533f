import type { ClientWire } from "./outbox.js";

/** One picture slot a stream: at most one on its way, and the newest behind it. */
interface PictureSlot {
  /** The frame on its way; it is there when it has left the socket and the client has acknowledged it. */
  inFlightFrame: number | undefined;
  hasLeft: boolean;
  isAcknowledged: boolean;
  next: { readonly frame: number; readonly message: Buffer } | undefined;
}

/** The newest picture of each stream for one client, one on its way at a time. */
export interface PictureSlots {
  /** Sends the picture when the stream's last one was acknowledged; else it replaces the one that waits. */
  offer(stream: string, frame: number, message: Buffer): void;
  acknowledge(stream: string, frame: number): void;
  /** Forgets what waits for streams nobody wants any more. What is on its way stays so until it is acknowledged. */
  keepOnly(wanted: (stream: string) => boolean): void;
  /** A stream is gone. */
  forget(stream: string): void;
}

const idleSlot = (): PictureSlot => ({ inFlightFrame: undefined, hasLeft: true, isAcknowledged: true, next: undefined });

/** Makes slots; there is one for each stream of which a picture has come. */
export function pictureSlots(wire: ClientWire): PictureSlots {
  const slots = new Map<string, PictureSlot>();

  const send = (slot: PictureSlot, frame: number, message: Buffer): void => {
    Object.assign(slot, { inFlightFrame: frame, hasLeft: false, isAcknowledged: false, next: undefined });
    wire.send(message, true, () => {
      slot.hasLeft = true;
      goOn(slot);
    });
  };
  // A client that acknowledges without reading must not fill the socket, hence both conditions.
  const goOn = (slot: PictureSlot): void => {
    if (!slot.hasLeft || !slot.isAcknowledged) return;
    slot.inFlightFrame = undefined;
    if (slot.next) send(slot, slot.next.frame, slot.next.message);
  };
  return {
    offer(stream, frame, message) {
      let slot = slots.get(stream);
      if (!slot) slots.set(stream, (slot = idleSlot()));
      if (slot.inFlightFrame === undefined) send(slot, frame, message);
      else slot.next = { frame, message };
    },
    acknowledge(stream, frame) {
      const slot = slots.get(stream);
      if (!slot || slot.inFlightFrame !== frame) return;
      slot.isAcknowledged = true;
      goOn(slot);
    },
    keepOnly(wanted) {
      for (const [stream, slot] of slots) if (!wanted(stream)) slot.next = undefined;
    },
    forget: (stream) => void slots.delete(stream),
  };
}
