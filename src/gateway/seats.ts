/** How many may be connected, sockets and streams together. */
export interface SeatLimits {
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** Counts who is connected, in all and from each address. */
export interface Seats {
  readonly taken: number;
  /** Whether one more from there would be one too many. */
  refuses(address: string): "all" | "address" | undefined;
  /** Takes a seat until disposed. */
  take(address: string): Disposable;
}

/** Makes empty seats. */
export function openSeats({ maxClients, maxClientsPerAddress }: SeatLimits): Seats {
  const from = new Map<string, number>();
  let taken = 0;
  const add = (address: string, count: 1 | -1): void => {
    taken += count;
    const there = (from.get(address) ?? 0) + count;
    if (there === 0) from.delete(address);
    else from.set(address, there);
  };
  return {
    get taken() {
      return taken;
    },
    refuses(address) {
      if (taken >= maxClients) return "all";
      return (from.get(address) ?? 0) >= maxClientsPerAddress ? "address" : undefined;
    },
    take(address) {
      let isTaken = true;
      add(address, 1);
      return {
        [Symbol.dispose]() {
          if (isTaken) add(address, -1);
          isTaken = false;
        },
      };
    },
  };
}
