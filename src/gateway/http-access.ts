import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { EVERYBODY, type Identity } from "../auth/index.js";
import { NO_ACCESS, type Access } from "../core/access.js";
import { PipelineError } from "../core/errors.js";
import { ALL_STREAMS } from "../core/topics.js";

/** Who was let in, by request; written by the door alone. A request that the door has not seen is nobody's. */
const known = new WeakMap<IncomingMessage, Identity>();

/** Notes who asks. */
export function letIn(request: IncomingMessage, identity: Identity): void {
  known.set(request, identity);
}

/** Who asks by HTTP. Routes that everybody may ask get NO_ACCESS for somebody without a token. */
export const accessOf = (request: FastifyRequest): Access => known.get(request.raw) ?? NO_ACCESS;

/** Who asks for a socket; undefined = nobody we know. */
export const accessOfUpgrade = (request: IncomingMessage): Access | undefined => known.get(request);

/** The same with the token, for tickets and cookies. */
export const identityOf = (request: FastifyRequest): Identity | undefined => known.get(request.raw);

/**
 * For answers that all streams stand in.
 * @throws PipelineError E_FORBIDDEN for who may see only some
 */
export function everyStreamOnly({ streams }: Access): void {
  if (streams !== ALL_STREAMS) throw new PipelineError("E_FORBIDDEN", "this takes a token that may see every stream");
}

/** Whether nobody is asked for a token. */
export const isEverybody = (identity: Identity): boolean => identity.tokenId === EVERYBODY.tokenId;
