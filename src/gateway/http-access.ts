import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { OPEN_ACCESS, type Access } from "../core/access.js";

/** Who asks by HTTP. */
export const accessOf = (_request: FastifyRequest): Access => OPEN_ACCESS;

/** Who asks for a socket; undefined = nobody we know. */
export const accessOfUpgrade = (_request: IncomingMessage): Access | undefined => OPEN_ACCESS;
