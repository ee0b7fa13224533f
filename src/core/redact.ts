/** Query parameters whose value is a secret wherever it stands. */
const SECRET_PARAMETER = /([?&;](?:[\w-]*(?:pass|pwd|token|secret|key|auth|sig)[\w-]*)=)[^&;#\s"']*/gi;
/** `user:password@` or `user@` after a scheme. The password may itself hold an `@`, so the match is greedy up to the last one before a slash. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"'?#]*@/gi;

/** Takes credentials out of any text that may hold URLs: user info and secret query parameters become `***`. */
export function redactUrl(text: string): string {
  return text.replace(USER_INFO, "$1***@").replace(SECRET_PARAMETER, "$1***");
}
