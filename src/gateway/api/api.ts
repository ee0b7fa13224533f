import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import { hasZodFastifySchemaValidationErrors, jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { PipelineError } from "../../core/errors.js";
import { pipelineProblem, type Fault } from "../problem.js";
import type { ApiDeps } from "./deps.js";
import { addPictureRoutes } from "./picture-routes.js";
import { addPlaybackRoutes } from "./playback-routes.js";
import { addProgramRoutes } from "./program-routes.js";
import { addReportRoutes } from "./report-routes.js";
import { addStreamRoutes } from "./stream-routes.js";

const PREFIX = "/api/v1";

/** Adds `/api/v1`, its OpenAPI document and the page to try it. To be called before the server listens. */
export function addApiRoutes(app: FastifyInstance, deps: ApiDeps): void {
  void app.register(async (part) => {
    part.setValidatorCompiler(bodyAsGiven);
    part.setSerializerCompiler(serializerCompiler);
    part.setErrorHandler((error, request, reply) => {
      const faults = faultsOf(error, request.params, deps);
      if (faults === undefined) throw error;
      return pipelineProblem(reply, new PipelineError("E_REQUEST", faults.map(({ where, detail }) => `${where}: ${detail}`).join("; ")), faults);
    });
    await part.register(swagger, {
      openapi: { openapi: "3.1.0", info: { title: "sightline", version: deps.version, description: DESCRIPTION, license: { name: "Apache-2.0", identifier: "Apache-2.0" } }, servers: [{ url: "/" }] },
      transform: (route) => withHeaders(jsonSchemaTransform(route), route.schema),
      transformObject: (document) => withBodies(withoutUnused(jsonSchemaTransformObject(document) as Document)) as ReturnType<typeof jsonSchemaTransformObject>,
    });
    await part.register(swaggerUi, { routePrefix: "/api/docs", uiConfig: { validatorUrl: null, deepLinking: true }, theme: { title: "sightline API" }, transformStaticCSP: withUiStyle });
    await part.register((routes, _options, done) => {
      routes.get("/openapi.json", { schema: { hide: true } }, () => part.swagger());
      addStreamRoutes(routes, deps);
      addPictureRoutes(routes, deps);
      addPlaybackRoutes(routes, deps);
      addReportRoutes(routes, deps);
      addProgramRoutes(routes, deps);
      done();
    }, { prefix: PREFIX });
  });
}

const DESCRIPTION =
  "Video streams, what is seen in them, and how they do. Whatever changes something takes a token of role admin. Errors are problem details (RFC 9457) with a code of sightline's table. " +
  "Records live and without polling: WebSocket at /ws, see /api/asyncapi.json.";

/** The one style attribute that the page to try the API writes into its markup, and the icons in its style sheet, are let through there, and nothing else. */
const UI_STYLE = "'unsafe-hashes' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";
const withUiStyle = (policy: string): string => policy.replace("style-src 'self'", `style-src 'self' ${UI_STYLE}`).replace("img-src 'self'", "img-src 'self' data:");

/** A body is checked and handed on as it came: what a person left out is not to be written into the settings file. */
const bodyAsGiven: typeof validatorCompiler = (route) => {
  const validate = validatorCompiler(route);
  if (route.httpPart !== "body") return validate;
  return (data: unknown) => {
    const result = validate(data) as { error?: Error };
    return result.error ? result : { value: data };
  };
};

/** What is wrong with a request that does not fit its schema; undefined for any other error. */
function faultsOf(error: unknown, params: unknown, { schemas }: ApiDeps): Fault[] | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  const part = error.validationContext ?? "request";
  const name = (params as { readonly name?: string } | undefined)?.name ?? "NAME";
  return error.validation.flatMap(({ instancePath, keyword, message = "", params: more }) => {
    const path = instancePath.split("/").filter((key) => key !== "");
    const where = [part, ...path].join("/");
    const keys = (more as { readonly keys?: readonly string[] }).keys;
    if (keyword !== "unrecognized_keys" || keys === undefined) return [{ where, detail: message }];
    return keys.map((key) => ({ where: `${where}/${key}`, detail: part === "body" ? unknownKey([...path, key], name, schemas.nearestKey) : `${key} is not known here` }));
  });
}

function unknownKey(path: readonly string[], name: string, nearestKey: (path: readonly string[]) => string): string {
  const group = ["streams", name];
  const nearest = nearestKey([...group, ...path]).split(".").slice(group.length).join(".");
  const given = path.join(".");
  // A setting that there is, but not for everybody who may send a request.
  if (nearest === given) return `${given} is not a setting of a stream that the API takes; it may stand in the settings file`;
  return `${given} is not a setting of a stream; did you mean ${nearest}?`;
}

type Transformed = ReturnType<typeof jsonSchemaTransform>;
type Responses = Readonly<Record<string, { readonly headers?: unknown }>>;

/** The headers of an answer, which get lost on the way from zod to JSON Schema. */
function withHeaders(transformed: Transformed, schema: FastifySchema | undefined): Transformed {
  const given = (schema?.response ?? {}) as Responses;
  for (const [status, response] of Object.entries((transformed.schema?.response ?? {}) as Record<string, { headers?: unknown }>)) {
    if (given[status]?.headers) response.headers = given[status].headers;
  }
  return transformed;
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: object }>>>>;
}

/** Where a body is taken, one has to come. */
function withBodies(document: Document): Document {
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => {
    const now = Object.entries(methods).map(([method, { requestBody, ...rest }]) => [method, requestBody ? { ...rest, requestBody: { ...requestBody, required: true } } : rest] as const);
    return [path, Object.fromEntries(now)] as const;
  });
  return { ...document, paths: Object.fromEntries(paths) };
}

/** Schemas that nothing refers to are of the feed's messages: every schema that has a name comes in here. */
function withoutUnused(document: Document): Document {
  const { components = {}, ...rest } = document;
  const all = components.schemas ?? {};
  const used = new Set<string>();
  const follow = (value: unknown): void => {
    for (const [, id] of JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      if (id === undefined || used.has(id)) continue;
      used.add(id);
      follow(all[id] ?? null);
    }
  };
  follow(rest);
  return { ...rest, components: { ...components, schemas: Object.fromEntries(Object.entries(all).filter(([id]) => used.has(id))) } };
}
