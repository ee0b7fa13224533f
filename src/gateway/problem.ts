import type { FastifyReply } from "fastify";
import type { ErrorCode } from "../core/errors.js";

/** Answers with an error as RFC 9457 says: `detail` is one line without secrets. */
export function problem(reply: FastifyReply, status: number, code: ErrorCode, title: string, detail: string): FastifyReply {
  return reply.code(status).type("application/problem+json").send({ type: `urn:sightline:error:${code}`, title, status, detail, code });
}
