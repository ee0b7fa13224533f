import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { project } from "../support/paths.js";

/** The doors of the package, by the name of their report under config/api. */
export const DOORS = { sightline: "dist/src/index.d.ts", client: "dist/src/client/index.d.ts" } as const;

/** What API Extractor finds of one door. */
export interface ApiReport {
  /** All that can be imported there, with its types, as Markdown. */
  readonly text: string;
  /** What it has to say against it, one a line. */
  readonly complaints: readonly string[];
}

/** Reads the declarations behind both doors, as they were built. Takes seconds. */
export function apiReports(): ReadonlyMap<keyof typeof DOORS, ApiReport> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-api-"));
  const names = Object.keys(DOORS) as (keyof typeof DOORS)[];
  // Compiled once for both.
  const compilerState = CompilerState.create(configOf("sightline", folder), { additionalEntryPoints: [project(DOORS.client)] });
  try {
    return new Map(names.map((name) => [name, apiReport(name, folder, compilerState)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function apiReport(name: keyof typeof DOORS, folder: string, compilerState: CompilerState): ApiReport {
  const complaints: string[] = [];
  Extractor.invoke(configOf(name, folder), {
    compilerState,
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      const isQuiet = message.logLevel === ExtractorLogLevel.None || message.messageId.startsWith("console-");
      if (!isQuiet) complaints.push(`${message.messageId}: ${message.text}`);
    },
  });
  return { text: inOneOrder(readFileSync(join(folder, `${name}.api.md`), "utf8")), complaints };
}

/** A list of plain words with | between them. */
const UNION = /(?:"[^"\n]*"|null|number|string|boolean|undefined)(?: \| (?:"[^"\n]*"|null|number|string|boolean|undefined))+/g;

/** In which order the compiler prints the members of an inferred union depends on what it has built before. */
function inOneOrder(text: string): string {
  return text.replace(UNION, (union) => union.split(" | ").sort().join(" | "));
}

function configOf(name: keyof typeof DOORS, folder: string): ExtractorConfig {
  const entry = project(DOORS[name]);
  const compilerOptions = { module: "nodenext", moduleResolution: "nodenext", target: "es2022", lib: ["es2023", "esnext.disposable", "dom"], strict: true, skipLibCheck: true, types: ["node"] };
  const logged = { logLevel: ExtractorLogLevel.Warning };
  return ExtractorConfig.prepare({
    packageJsonFullPath: project("package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: project(),
      mainEntryPointFilePath: entry,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
      apiReport: { enabled: true, reportFileName: `${name}.api.md`, reportFolder: folder, reportTempFolder: join(folder, "temp") },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: logged },
        extractorMessageReporting: { default: logged, "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}
