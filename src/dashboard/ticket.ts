/** Who looks has to log in first. */
export class LoginNeeded extends Error {
  constructor() {
    super("this server asks for a login");
    this.name = "LoginNeeded";
  }
}

const TICKET_PATH = "/api/ticket";

/** Statuses of a server that asks nobody who he is, and so has no tickets. */
const NO_TICKETS = [404, 405];

/**
 * A ticket for one connection; undefined when this server needs none. The login cookie is sent along by the browser.
 * @throws LoginNeeded, TypeError when the server can't be reached, Error for any other answer
 */
export async function fetchTicket(): Promise<string | undefined> {
  const answer = await fetch(TICKET_PATH, { method: "POST" });
  if (answer.status === 401) throw new LoginNeeded();
  if (NO_TICKETS.includes(answer.status) || answer.status === 204) return undefined;
  if (!answer.ok) throw new Error(`the server gave no ticket (${answer.status})`);
  return ((await answer.json()) as { ticket?: string }).ticket;
}
