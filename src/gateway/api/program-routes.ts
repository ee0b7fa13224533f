import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { everyStreamOnly } from "../http-access.js";
import { adminOnly, controlOf, type ApiDeps } from "./deps.js";
import { json, modelsSchema, problems, settingsSchema, versionSchema } from "./schemas.js";

const TAGS = ["program"];

/** What the program is and how it was told to be. */
export function addProgramRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get("/version", { schema: { tags: TAGS, operationId: "getVersion", summary: "Which program this is", response: { ...json(200, versionSchema, "Name and version."), ...problems() } } }, () => ({
    name: "sightline" as const, version: deps.version, node: process.versions.node,
  }));
  api.get("/models", { schema: { tags: TAGS, operationId: "listModels", summary: "Models that are open", response: { ...json(200, modelsSchema, "The models."), ...problems() } } }, () => ({
    models: controlOf(deps).models().map((model) => ({ ...model, labels: [...model.labels] })),
  }));
  api.get(
    "/config",
    { onRequest: adminOnly(deps), schema: { tags: TAGS, operationId: "getConfig", summary: "All settings in force, without secrets", description: "For role admin with every stream. Passwords are shown as ***.", response: { ...json(200, settingsSchema, "The settings."), ...problems() } } },
    (request) => {
      everyStreamOnly(deps.accessOf(request));
      return { ...controlOf(deps).settings() };
    },
  );
  api.get("/config/schema", { schema: { tags: TAGS, operationId: "getConfigSchema", summary: "JSON Schema of a settings file", response: { ...json(200, settingsSchema, "The schema."), ...problems() } } }, () => ({ ...deps.schemas.settings }));
}
