/** What the page does with what comes in. */
export interface ConnectionHandlers {
  /** The connection stands; nothing is subscribed yet. */
  opened(): void;
  text(message: string): void;
  picture(message: ArrayBuffer): void;
  state(state: "connecting" | "live" | "lost"): void;
}

/** A socket that comes back by itself. */
export interface Connection {
  /** Sends when the connection stands; else says nothing, `opened` will come again. */
  send(message: object): void;
}

const SUBPROTOCOL = "sightline.v1";
/** First wait before the next try; doubled each time, with a little chance so that pages do not return in step. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Connects to the page's own host, for as long as the page lives. */
export function connect(handlers: ConnectionHandlers): Connection {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  let socket: WebSocket | undefined;
  let waitMs = FIRST_WAIT_MS;

  const open = (): void => {
    handlers.state("connecting");
    socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      handlers.state("live");
      handlers.opened();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") handlers.text(data);
      else handlers.picture(data);
    };
    socket.onclose = () => {
      handlers.state("lost");
      setTimeout(open, waitMs * (0.75 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
  };
  open();
  return {
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
  };
}
