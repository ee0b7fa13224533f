import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { requireBrowser } from "../../dashboard/browser.js";
import { openApi } from "./world.js";

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

test("the document is OpenAPI 3.1, names every route once, and every schema in it is one that can be used", async () => {
  await using api = await openApi();
  const document = (await (await api.ask("api/v1/openapi.json")).json()) as OpenApi;
  assert.equal(document.openapi, "3.1.0");
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => `${method} ${path} ${operation.operationId}`));
  assert.deepEqual(operations.map((one) => one.replace("/api/v1", "")).sort(), [
    "delete /streams/{name} removeStream", "get /config getConfig", "get /config/schema getConfigSchema", "get /models listModels", "get /playback getPlayback",
    "get /reports listReports", "get /reports/{name} getReport", "get /streams listStreams",
    "get /streams/{name} getStream", "get /streams/{name}/detections getDetections", "get /streams/{name}/gate getGate", "get /streams/{name}/mjpeg getMjpeg", "get /streams/{name}/snapshot getSnapshot",
    "get /streams/{name}/stats getStatsHistory", "get /version getVersion", "post /playback steerPlayback", "post /streams/{name} addStream", "post /streams/{name}/pause pauseStream",
    "post /streams/{name}/restart restartStream", "post /streams/{name}/resume resumeStream", "put /streams/{name} changeStream",
  ]);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "doc", components: document.components });
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    assert.doesNotThrow(() => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object), name);
  }
});

test("the page to try it works under the policy of all pages, and nothing leaves the machine", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using api = await openApi();
  const page = await browser.newPage();
  const [outside, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => void (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(api.gateway.url).host && outside.push(request.url())));
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${api.gateway.url}api/docs/`);
  await page.locator("#operations-streams-listStreams").waitFor({ timeout: 60_000 });
  await page.locator("#operations-streams-listStreams button.opblock-summary-control").click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.locator(".live-responses-table .response-col_status").filter({ hasText: "200" }).waitFor({ timeout: 60_000 });
  await page.close();
  assert.deepEqual(outside, []);
  assert.deepEqual(complaints, []);
});
