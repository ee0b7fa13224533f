/** Where the feed lives on a server. */
const SOCKET_PATH = "/ws";
const TICKET_PATH = "/api/ticket";

/** The socket's address of a server: of `http://host:8420/` it is `ws://host:8420/ws`. A path that is given stays. */
export function socketUrl(url: URL): URL {
  const socket = new URL(url);
  socket.protocol = url.protocol.replace(/^http/, "ws");
  if (socket.pathname === "/") socket.pathname = SOCKET_PATH;
  return socket;
}

/** Where a token is changed into a ticket for one connection. */
export function ticketUrl(url: URL): URL {
  const http = new URL(TICKET_PATH, url);
  http.protocol = url.protocol.replace(/^ws/, "http");
  return http;
}

/** The socket's address with a ticket for one connection. */
export function withTicket(url: URL, ticket: string): URL {
  const own = new URL(url);
  own.searchParams.set("ticket", ticket);
  return own;
}
