import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A file of the dashboard, held in memory in each form that a browser may ask for. */
export interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly body: Buffer;
  /** Compressed at build time, by the name of the encoding. */
  readonly compressed: Readonly<Record<"br" | "gzip", Buffer>>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Where the build puts the bundle. */
const SITE_FOLDER = new URL("../dashboard/site/", import.meta.url);
/** Files named after their content never change. */
const FOR_EVER = "public, max-age=31536000, immutable";

async function readAsset(name: string, contentType: string): Promise<[string, Asset]> {
  const read = (suffix: string): Promise<Buffer> => readFile(new URL(name + suffix, SITE_FOLDER));
  const [body, br, gzip] = await Promise.all([read(""), read(".br"), read(".gz")]);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 16)}"`;
  return [name, { contentType, etag, body, compressed: { br, gzip } }];
}

/** Reads the whole dashboard once: file name to content. No other file can be asked for. */
export async function loadPage(): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(fileURLToPath(SITE_FOLDER));
  const known = names.flatMap((name) => {
    const contentType = CONTENT_TYPES[name.split(".").at(-1)!];
    return contentType === undefined ? [] : [readAsset(name, contentType)];
  });
  return new Map(await Promise.all(known));
}

/** Serves the dashboard at `/` and its files at `/assets/NAME`. */
export function addPageRoutes(app: FastifyInstance, page: ReadonlyMap<string, Asset>): void {
  app.get("/", (request, reply) => give(page.get("index.html"), "no-cache", request, reply));
  app.get<{ Params: { name: string } }>("/assets/:name", (request, reply) => {
    const { name } = request.params;
    return give(name === "index.html" ? undefined : page.get(name), FOR_EVER, request, reply);
  });
}

function give(asset: Asset | undefined, cacheControl: string, request: FastifyRequest, reply: FastifyReply): unknown {
  if (!asset) return reply.callNotFound();
  reply.headers({ etag: asset.etag, "cache-control": cacheControl, vary: "accept-encoding" });
  if (request.headers["if-none-match"] === asset.etag) return reply.code(304).send();
  reply.type(asset.contentType);
  const encoding = encodingFor(request.headers["accept-encoding"]);
  if (encoding === undefined) return reply.send(asset.body);
  return reply.header("content-encoding", encoding).send(asset.compressed[encoding]);
}

/** The best encoding that a client takes; one with weight 0 is refused (RFC 9110, 12.5.3). */
function encodingFor(header: string | string[] | undefined): "br" | "gzip" | undefined {
  const taken = new Set(
    String(header ?? "")
      .split(",")
      .map((part) => part.trim().toLowerCase().split(/\s*;\s*/))
      .filter(([, weight]) => !/^q=0(\.0*)?$/.test(weight ?? ""))
      .map(([name]) => name),
  );
  return (["br", "gzip"] as const).find((encoding) => taken.has(encoding));
}
