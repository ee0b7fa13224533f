import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import { watchFiles } from "../auth/index.js";
import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError, systemCodeOf } from "../core/errors.js";

/** PEM files: the certificate with those in between, and its private key. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a TLS server needs. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads certificate and key and holds them against each other.
 * @throws PipelineError E_SERVE_TLS
 */
export async function readTls({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([readPart(certFile, "serve.tls.certFile"), readPart(keyFile, "serve.tls.keyFile")]);
  const certificate = parsed(certFile, "certificate", () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, "private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new PipelineError("E_SERVE_TLS", `${keyFile} is not the key of ${certFile}`);
  parsed(certFile, "certificate that TLS can use", () => createSecureContext({ cert, key }));
  return { cert, key };
}

async function readPart(path: string, setting: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    const code = systemCodeOf(cause);
    throw new PipelineError("E_SERVE_TLS", `${path} (${setting}) can't be read (${code})`, { cause });
  });
}

/** The reason is left out: it may quote the key. */
function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new PipelineError("E_SERVE_TLS", `${path} holds no ${what} in PEM`);
  }
}

/** Takes over new files while the server runs; connections that are open keep what they have. A pair that does not fit is told and left aside. */
export function reloadTls(server: Server, files: TlsFiles, clock: Clock, notice: (message: string, error?: PipelineError) => void): Disposable {
  const reload = async (): Promise<void> => {
    try {
      server.setSecureContext(await readTls(files));
      notice(`${files.certFile} was read again: new connections get the new certificate`);
    } catch (thrown) {
      const error = asPipelineError(thrown, "E_SERVE_TLS");
      notice(`${error.message}; the certificate stays as it was`, error);
    }
  };
  return watchFiles([files.certFile, files.keyFile], clock, reload);
}
