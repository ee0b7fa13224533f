import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";
import type { Access } from "../core/access.js";

/**
 * What a token looks like: `slt_`, 8 letters and digits that name it, and 32 random bytes in base64url. The name is no
 * secret: it stands in lists, and finds the one hash that the rest has to fit.
 */
const SHAPE = /^slt_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 8;
const SECRET_BYTES = 32;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** scrypt's cost: 16 MiB and some 50 ms. A secret of 256 bits can't be guessed anyhow; this is for one that somebody chose. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;

/** A token as it is stored: what it is worth, and what it takes to know it again. */
export interface StoredToken extends Access {
  readonly id: string;
  /** Chosen by the person who made it. */
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number };
  /** base64. */
  readonly salt: string;
  readonly hash: string;
}

/** The token's name and its secret part; undefined when it is none of ours. */
export function partsOf(token: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = SHAPE.exec(token) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** A fresh token, and what to store of it. The token itself is never stored. */
export async function makeToken(access: Access, name: string, createdAt: string): Promise<{ readonly token: string; readonly stored: StoredToken }> {
  const id = Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]).join("");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(secret, salt, SCRYPT, HASH_BYTES);
  const stored = { id, name, role: access.role, streams: access.streams, createdAt, scrypt: SCRYPT, salt: salt.toString("base64"), hash: hash.toString("base64") };
  return { token: `slt_${id}_${secret}`, stored };
}

/** Whether the secret is the stored token's. Takes as long for a wrong one as for a right one. */
export async function fits(secret: string, stored: StoredToken): Promise<boolean> {
  const expected = Buffer.from(stored.hash, "base64");
  const found = await derive(secret, Buffer.from(stored.salt, "base64"), stored.scrypt, expected.length);
  return timingSafeEqual(found, expected);
}

/** A short name for something secret, to look it up by. */
export function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}

function derive(secret: string, salt: Buffer, cost: StoredToken["scrypt"], bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, bytes, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
