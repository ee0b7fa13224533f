/** A ready question about the log. */
export interface ReportInfo {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  /** Whether `step` means something to it. */
  readonly hasStep: boolean;
}

/** The reports that there are. */
export interface ReportList {
  readonly reports: readonly ReportInfo[];
  /** Why none can be made; null = they can. */
  readonly unavailable: string | null;
}

/** What is asked of a report, as it came; left out = everything. */
export interface ReportWish {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly step?: string | undefined;
  /** Only these streams. */
  readonly streams?: readonly string[] | undefined;
}

/** A report's rows; times are ISO 8601 in UTC. */
export interface ReportAnswer extends ReportInfo {
  readonly columns: readonly { readonly name: string; readonly kind: "time" | "number" | "text" | "other" }[];
  readonly rows: readonly (readonly unknown[])[];
  /** Whether there would be more rows than are given. */
  readonly hasMore: boolean;
  /** What of the log could not be read. */
  readonly troubles: readonly string[];
}

/**
 * Who answers about the log: the session. Its questions are fixed; nothing that comes from a network is ever part of one but
 * as a value.
 */
export interface ReportDesk {
  list(): Promise<ReportList>;
  /**
   * One at a time, and not for long; `signal` gives it up.
   * @throws PipelineError E_LOG_NONE, E_REPORT_UNKNOWN, E_USAGE, E_TOO_MANY, E_QUERY_SLOW, E_STOPPED
   */
  answer(name: string, wish: ReportWish, signal: AbortSignal): Promise<ReportAnswer>;
}
