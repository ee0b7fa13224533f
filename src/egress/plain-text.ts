/** A server as one may be asked: `name:443`, lower case. */
export type Origin = string;

const SECURE_URL = /https:\/\/((?:[^\s"'<>/?#@]*@)?)(\[[0-9a-f:.]+\]|[^\s"'<>/?#@:[\]]+)(?::(\d{1,5}))?(?=[\s"'<>/?#]|$)/gi;

/**
 * Turns every https address in a text into an http one with its port, and tells which server it was. FFmpeg then asks our
 * proxy in the clear, and the proxy speaks TLS: so that no connection of FFmpeg's is hidden from the proxy. Pure.
 */
export function withoutTls(text: string, onSecure: (origin: Origin) => void): string {
  return text.replace(SECURE_URL, (_, user: string, host: string, port = "443") => {
    onSecure(`${host.toLowerCase()}:${port}`);
    return `http://${user}${host}:${port}`;
  });
}
