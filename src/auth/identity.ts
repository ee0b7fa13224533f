import { OPEN_ACCESS, type Access } from "../core/access.js";

/** Who was let in. `tokenId`: by which token; null = nobody is asked. `login`: by which browser's login, which may be over before the token is. */
export interface Identity extends Access {
  readonly tokenId: string | null;
  readonly login?: string;
}

/** What comes of showing a token, a cookie or a ticket. `retryAfterMs`: too many wrong ones came from there. */
export type Verdict =
  | { readonly kind: "in"; readonly identity: Identity }
  | { readonly kind: "wrong" }
  | { readonly kind: "slowed"; readonly retryAfterMs: number };

/** What everybody is where nobody is asked. */
export const EVERYBODY: Identity = { ...OPEN_ACCESS, tokenId: null };
