import { requestSchema, type ClientRequest } from "../wire/index.js";

/** A client's message, or in one line what is wrong with it. */
export function parseRequest(text: string): ClientRequest | { readonly type: "invalid"; readonly message: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: "invalid", message: "the message is not JSON" };
  }
  const parsed = requestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  return { type: "invalid", message: issues.join("; ") };
}
