import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { systemClock } from "../../../src/core/clock.js";
import { openSession, type ApiSupport } from "../../../src/session/index.js";
import { constantModel } from "../../support/models.js";
import { temporaryFolder } from "../../support/pool.js";
import { settings } from "../../support/session.js";
import { SCHEMAS } from "./world.js";

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

/** Sources that end at once or never begin, none that goes anywhere. */
const sources = fc.constantFrom("test:numbered?frames=3", "test:numbered?frames=5", "test:numbered", join(temporaryFolder(), "none.mp4"), "gopher://x/", "", "\u0000", "test:bars?", "0x", "***");
const values = fc.oneof(fc.constantFrom(0, 1, -1, 1e308, 0.5, "", "auto", null, true, [], {}), fc.string({ maxLength: 8 }), fc.integer(), fc.object({ maxDepth: 2, maxKeys: 3 }));
const streamKeys = ["weight", "maxFps", "maxAgeMs", "required", "model", "detect", "live", "sourceOptions", "labels", "unknown", "__proto__", "constructor"];
const body = fc.oneof(
  { weight: 4, arbitrary: fc.record({ source: sources, more: fc.dictionary(fc.constantFrom(...streamKeys), values, { maxKeys: 2, noNullPrototype: true }) }).map(({ source, more }) => ({ ...more, source })) },
  { weight: 4, arbitrary: fc.record({ source: sources }) },
  { weight: 1, arbitrary: values },
);
const names = fc.oneof({ weight: 5, arbitrary: fc.constantFrom("one", "two") }, fc.string({ maxLength: 12 }));
const queries = fc.constantFrom("", "", "", "", "", "", "", "", "?persist=true", "?persist=x", "?boxes=1&width=64", "?width=1e9", "?width=", "?seconds=1", "?seconds=-1", "?a=b", "?persist=true&persist=false", "?%ff");
const types = fc.constantFrom("application/json", "application/json", "application/json", "text/plain", "application/xml");

/** Reads each answer by what the document promises for its status. */
function promises(document: Document): (path: string, method: string, response: Response) => Promise<string | undefined> {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "doc", components: document.components });
  const compiled = new Map<object, ValidateFunction>();
  const check = (schema: object): ValidateFunction => {
    let one = compiled.get(schema);
    if (one === undefined) compiled.set(schema, (one = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object)));
    return one;
  };
  return async (path, method, response) => {
    const promised = document.paths[path]?.[method]?.responses[String(response.status)];
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (promised === undefined) return `status ${response.status} is not in the document: ${await response.text()}`;
    if (promised.content === undefined) return (await response.text()) === "" ? undefined : "a body where none belongs";
    const schema = promised.content[type]?.schema;
    if (schema === undefined) return `${response.status} came as ${type}`;
    if (!type.endsWith("json")) return void (await response.arrayBuffer());
    const valid = check(schema);
    return valid(await response.json()) ? undefined : ajv.errorsText(valid.errors);
  };
}

test("whatever is sent to whichever route, no answer is a 5xx and each is as the document says", async (t) => {
  const api: ApiSupport = { ...SCHEMAS, resolve: (source) => Promise.resolve(source), keep: (_stream, _written, work) => work() };
  const stop = new AbortController();
  await using session = await openSession(settings({ model: { path: constantModel(0) }, inference: { workers: 1 }, serve: { host: "127.0.0.1", port: 0 }, streams: { one: { source: "test:numbered", sourceOptions: { realtime: true } } } }), {
    signal: stop.signal, clock: systemClock, version: "test", notice: () => undefined, api,
  });
  const document = (await (await fetch(`${session.url}api/v1/openapi.json`)).json()) as Document;
  const faultOf = promises(document);
  // Pictures that never end, and those that are waited for, have tests of their own.
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ path, method }))).filter(({ path }) => !/mjpeg|snapshot/.test(path));
  // Few of what is made up is a stream, so it is tried more often.
  const added = routes.filter(({ method }) => method === "put");
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes, ...added, ...added), names, queries, body, types, async ({ path, method }, name, query, given, type) => {
      const url = `${session.url}${path.slice(1).replace("{name}", encodeURIComponent(name))}${query}`;
      const takesBody = document.paths[path]?.[method]?.requestBody !== undefined;
      const response = await fetch(url, { method: method.toUpperCase(), ...(takesBody && { body: JSON.stringify(given), headers: { "content-type": type } }) });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      assert.ok(response.status < 500, `${method} ${url} ${JSON.stringify(given)}: ${response.status}`);
      // An empty name is another address.
      if (name === "" || name === "." || name === "..") return void (await response.arrayBuffer());
      const fault = await faultOf(path, method, response);
      assert.equal(fault, undefined, `${method} ${url} ${JSON.stringify(given)}: ${fault}`);
    }),
    { seed: 6, numRuns: 1200 },
  );
  t.diagnostic(JSON.stringify(Object.fromEntries(statuses)));
  for (const status of [200, 201, 204, 400, 404, 409, 415]) assert.ok((statuses.get(status) ?? 0) > 0, `no ${status} among ${JSON.stringify([...statuses])}`);
  assert.equal((await fetch(`${session.url}healthz`)).status, 200);
  stop.abort();
  await session.done;
});
