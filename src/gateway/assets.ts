import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A file of the live page, held in memory. */
export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** Markup and style are read where they were written (the package carries `src`), the script where the compiler put it. */
const MARKUP_FOLDER = new URL("../../../src/gateway/page/", import.meta.url);
const SCRIPT_FOLDER = new URL("./page/", import.meta.url);

async function readFolder(folder: URL, extensions: readonly string[]): Promise<[string, Asset][]> {
  const names = (await readdir(fileURLToPath(folder))).filter((name) => extensions.includes(name.split(".").at(-1)!));
  return Promise.all(
    names.map(async (name): Promise<[string, Asset]> => {
      const contentType = CONTENT_TYPES[name.split(".").at(-1)!]!;
      return [name, { contentType, body: await readFile(new URL(name, folder)) }];
    }),
  );
}

/** Reads the whole page once: file name to content. No other file can be asked for. */
export async function loadPage(): Promise<ReadonlyMap<string, Asset>> {
  return new Map([...(await readFolder(MARKUP_FOLDER, ["html", "css"])), ...(await readFolder(SCRIPT_FOLDER, ["js"]))]);
}
