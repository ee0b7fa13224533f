/** A run of characters as a URL has them in a text: up to white space or a double quote. An apostrophe may be a part of it, or end it. */
const URL_TEXT = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"]+)/gi;
/**
 * Parameters whose value is a secret wherever they stand: in a query, or in a path as some recorders have it
 * (`/user=admin_password=x_channel=1`). A streamid is one too: servers take `read:path:user:password` in it.
 */
const SECRET_KEY = String.raw`([?&;/_](?:[\w-]*(?:pass|pwd|token|ticket|secret|key|auth|sig|cred|streamid)[\w-]*)=)`;
const SECRET_PARAMETER = new RegExp(String.raw`${SECRET_KEY}(?:[^&;#\s"']|'(?=[\w%.~-]))*`, "gi");
/** The same in an address that stands alone: white space and quotes belong to the value. */
const WHOLE_SECRET_PARAMETER = new RegExp(`${SECRET_KEY}[^&;#]*`, "gi");

/** `user:password@` of an address whose scheme was forgotten or mistyped: then it is taken for a file's name, and shown as one. */
const NAKED_USER_INFO = /(?<![^\s/"'=])[^\s/:@"'=]+:[^\s/@"]+@/g;

/** One of our own tokens, wherever it stands: the name in front tells which one it was, without its secret. */
const OWN_TOKEN = /\b(slt_[A-Za-z0-9]{8})_[\w-]{16,}/g;
/** What `${NAME}` stood for in the settings. Bounded by what the operator has written. */
const keptSecrets = new Set<string>();
/** Shorter ones would take words apart that have nothing to do with them. */
const SHORTEST_KEPT = 6;

/** From now on this value is hidden wherever text is redacted, also where no address would have a password. */
export function keepSecret(value: string): void {
  if (value.length >= SHORTEST_KEPT) keptSecrets.add(value);
}

const withoutKept = (text: string): string => [...keptSecrets].reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);

/**
 * Takes credentials out of any text that may hold URLs: user info and secret parameters become `***`. A password may
 * stand there plain, with `@`, `/` or `?` in it, so user info ends at the last `@` of the URL. What is not a secret may be
 * hidden with it (an `@` in a path), but never the other way round.
 */
export function redactUrl(text: string): string {
  return withoutKept(text)
    .replace(URL_TEXT, (_, scheme: string, rest: string) => scheme + withoutUserInfo(rest))
    .replace(NAKED_USER_INFO, "***@")
    .replace(SECRET_PARAMETER, "$1***")
    .replace(OWN_TOKEN, "$1_***");
}

/** An `@` ends user info when it stands before the first slash, or when a colon (user:password) comes before it. */
function withoutUserInfo(rest: string): string {
  const end = rest.lastIndexOf("@");
  if (end <= 0) return rest;
  const isUserInfo = /^[^/?#]*@/.test(rest) || rest.slice(0, end).includes(":");
  return isUserInfo ? `***${rest.slice(end)}` : rest;
}

/**
 * Takes credentials out of a text that is one address, or a name that may be one: all behind `scheme://` is its URL, also
 * white space and quotes. For what a person typed; a sentence would lose words.
 */
export function redactAddress(name: string): string {
  return redactParameters(withoutKept(name).replace(/([a-z][a-z0-9+.-]*:\/\/)([^]*)$/i, (_, scheme: string, rest: string) => scheme + withoutUserInfo(rest)));
}

/** Hides secret parameters only: for one address whose user info has been taken off already. */
export function redactParameters(address: string): string {
  return address.replace(WHOLE_SECRET_PARAMETER, "$1***");
}

/** Whether an address holds a password or another secret, and not only an empty place for one. */
export function hasSecret(address: string): boolean {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?([^]*)$/i.exec(address) ?? [];
  const userInfo = rest.slice(0, Math.max(0, rest.lastIndexOf("@")));
  const isUserInfo = scheme === undefined ? /^[^\s/:@]+:[^\s/@]/.test(userInfo) : withoutUserInfo(rest) !== rest;
  // A user's name alone may be a token.
  if (isUserInfo && !/^[^:]*:$/.test(userInfo)) return true;
  return [...address.matchAll(WHOLE_SECRET_PARAMETER)].some(([whole]) => !whole.endsWith("="));
}

/** Hides given secrets in a text, longest first, in addition to what `redactUrl` finds. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = [...secrets].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  return longestFirst.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), redactUrl(text));
}
