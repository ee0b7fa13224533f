import type { FastifyInstance, FastifyRequest } from "fastify";
import { maySee, type Access } from "../core/access.js";
import type { StreamState } from "../core/stream-state.js";
import type { StreamControl } from "./control.js";

/** What the program waits for. */
export interface Readiness {
  readonly ready: boolean;
  /** One line for each thing that is not as it should be. */
  readonly waitingFor: readonly string[];
}

/** States in which a required stream does what it should; what has ended or was paused was meant so. */
const WELL: ReadonlySet<StreamState> = new Set<StreamState>(["live", "ended", "paused"]);

/** Whether models are warm and the required streams live. Streams that `access` may not see are counted and not named. */
export function readiness(control: StreamControl | undefined, access: Access): Readiness {
  if (control === undefined) return { ready: false, waitingFor: ["the streams have not begun yet"] };
  const models = control.models().filter(({ isWarm }) => !isWarm).map(({ id }) => `model ${id} is being loaded`);
  const waiting = control.list().filter(({ required, stats }) => required && !WELL.has(stats.state));
  const named = waiting.filter(({ name }) => maySee(access, name)).map(({ name, stats: { state, error } }) => `stream ${name} is ${state}${error ? ` (${error.code})` : ""}`);
  const others = waiting.length - named.length;
  const waitingFor = [...models, ...named, ...(others > 0 ? [`${others} more stream${others === 1 ? "" : "s"}`] : [])];
  return { ready: waitingFor.length === 0, waitingFor };
}

/** What the routes need. */
export interface HealthDeps {
  readonly control: () => StreamControl | undefined;
  readonly accessOf: (request: FastifyRequest) => Access;
}

/** Adds `/healthz` (the process lives and answers) and `/readyz` (it does what it is there for; else 503). */
export function addHealthRoutes(app: FastifyInstance, { control, accessOf }: HealthDeps): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (request, reply) => {
    const state = readiness(control(), accessOf(request));
    return reply.code(state.ready ? 200 : 503).send(state);
  });
}
