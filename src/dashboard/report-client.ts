/** A report as the API gives it. */
export interface Report {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  readonly columns: readonly { readonly name: string; readonly kind: "time" | "number" | "text" | "other" }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly hasMore: boolean;
}

/** The server said no. `code` is one of its table of errors. */
export class ReportRefused extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
    this.name = "ReportRefused";
  }
}

/**
 * Why there are no reports; null = there are.
 * @throws ReportRefused, TypeError when the server can't be reached
 */
export async function whyNoReports(signal: AbortSignal): Promise<string | null> {
  return (await ask<{ readonly unavailable: string | null }>("/api/v1/reports", signal)).unavailable;
}

/**
 * Asks for a report; the login cookie is sent along by the browser.
 * @throws ReportRefused, TypeError when the server can't be reached
 */
export function askReport(name: string, { since, step }: { readonly since: string; readonly step: string }, signal: AbortSignal): Promise<Report> {
  return ask(`/api/v1/reports/${name}?${new URLSearchParams({ since, step }).toString()}`, signal);
}

async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  const answer = await fetch(path, { signal });
  if (answer.ok) return (await answer.json()) as T;
  const { code = "", detail = `the server answered ${answer.status}` } = (await answer.json().catch(() => ({}))) as { readonly code?: string; readonly detail?: string };
  throw new ReportRefused(code, detail);
}
