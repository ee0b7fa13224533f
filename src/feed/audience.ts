import type { Topic } from "../core/topics.js";
import type { Subscription } from "../wire/index.js";
import type { Framing } from "./message.js";
import type { Outbox } from "./outbox.js";
import type { Subscriber } from "./subscriber.js";
import type { View } from "./views.js";

/** Clients that get the same bytes of a topic of a stream, and treat them in the same way. */
export interface Listeners {
  readonly view: View;
  readonly framing: Framing;
  readonly queue: Subscription["queue"];
  readonly clients: Subscriber[];
  /** Theirs, in the same order: a record goes through all of them. */
  readonly outboxes: Outbox[];
}

/** Who listens to what, sorted by what they get: worked out once, not for each record. */
export interface Audience {
  of(topic: Topic, stream: string | undefined): readonly Listeners[];
  /** Somebody came, left, or wants something else. */
  changed(): void;
  /** A stream is gone. */
  forget(stream: string): void;
}

/** Makes it, of clients that come and go. */
export function openAudience(clients: () => Iterable<Subscriber>): Audience {
  const tables = new Map<Topic, Map<string | undefined, readonly Listeners[]>>();
  return {
    of(topic, stream) {
      let table = tables.get(topic);
      if (!table) tables.set(topic, (table = new Map<string | undefined, readonly Listeners[]>()));
      let listeners = table.get(stream);
      if (!listeners) table.set(stream, (listeners = sorted(clients(), topic, stream)));
      return listeners;
    },
    changed: () => tables.clear(),
    forget(stream) {
      for (const table of tables.values()) table.delete(stream);
    },
  };
}

function sorted(clients: Iterable<Subscriber>, topic: Topic, stream: string | undefined): readonly Listeners[] {
  const groups = new Map<View, Listeners[]>();
  for (const client of clients) {
    const standing = client.route(topic, stream);
    if (!standing) continue;
    const { view, wanted: { queue } } = standing;
    const { framing, outbox } = client;
    const alike = groups.get(view) ?? [];
    groups.set(view, alike);
    const group = alike.find((one) => one.framing === framing && one.queue === queue);
    if (!group) {
      alike.push({ view, framing, queue, clients: [client], outboxes: [outbox] });
      continue;
    }
    group.clients.push(client);
    group.outboxes.push(outbox);
  }
  return [...groups.values()].flat();
}
