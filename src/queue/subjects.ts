import type { ModelInfo } from "../model/index.js";

/*
 * Where things go at the broker. Everything of ours begins with ROOT, so that an account can be given exactly that.
 *
 *   sightline.v1.live.MODEL.SESSION.STREAM.SLOT     work, newest wins: a slot of a ring holds one frame at a time
 *   sightline.v1.files.MODEL.SESSION.STREAM.SLOT    work that must be done
 *   sightline.v1.answers.SESSION                    from workers to a session
 *   sightline.v1.parts.SESSION                      a worker asks a session for more of a frame's bytes
 *   sightline.v1.workers                            who is there, once a second
 *   sightline.v1.hello                              a session asks who is there
 */
const ROOT = "sightline.v1";

/** Work of live streams may be lost, work of files may not. */
export type QueueKind = "live" | "files";

/** Both. */
export const KINDS: readonly QueueKind[] = ["live", "files"];

/** What has to be equal for a worker's answers to mean the same as ours. */
export type ModelTraits = Pick<ModelInfo, "sha256" | "family" | "task" | "inputWidthPx" | "inputHeightPx"> & {
  /** 0 = nobody knows how many. */
  readonly classes: number;
};

/** So many hex digits tell model files apart in subjects; whole digests are compared beside them. */
const DIGEST_DIGITS = 16;

/** The traits of a model. */
export function traitsOf({ sha256, family, task, inputWidthPx, inputHeightPx, labels }: ModelInfo): ModelTraits {
  return { sha256, family, task, inputWidthPx, inputHeightPx, classes: labels.length };
}

/** One word of a subject for models that do the same: `695e750a1b2c3d4e-yolox-detect-416x416-80`. */
export function modelKey({ sha256, family, task, inputWidthPx, inputHeightPx, classes }: ModelTraits): string {
  return `${sha256.slice(0, DIGEST_DIGITS)}-${family}-${task}-${inputWidthPx}x${inputHeightPx}-${classes}`;
}

/** Whether two models do the same: the digest in the key is cut short, so the whole one is compared too. */
export function isSameModel(one: ModelTraits, other: ModelTraits): boolean {
  return one.sha256 === other.sha256 && modelKey(one) === modelKey(other);
}

/** The name of a kind's stream at the broker. */
export const streamName = (kind: QueueKind): string => `SIGHTLINE_V1_${kind.toUpperCase()}`;
/** All work of a kind. */
export const allWork = (kind: QueueKind): string => `${ROOT}.${kind}.>`;
/** All work of a kind for one model. */
export const workFor = (kind: QueueKind, key: string): string => `${ROOT}.${kind}.${key}.>`;
/** All work of a kind that one session has sent for a model. */
export const workOf = (kind: QueueKind, key: string, session: string): string => `${ROOT}.${kind}.${key}.${session}.>`;
/** Where one frame goes. */
export const workSubject = (kind: QueueKind, key: string, session: string, stream: number, slot: number): string => `${ROOT}.${kind}.${key}.${session}.${stream}.${slot}`;

/** Where a session hears answers. `session` is long and random: who does not know it can't answer. */
export const answersSubject = (session: string): string => `${ROOT}.answers.${session}`;
/** Where a session is asked for parts. */
export const partsSubject = (session: string): string => `${ROOT}.parts.${session}`;
/** Where workers say that they are there. */
export const WORKERS_SUBJECT = `${ROOT}.workers`;
/** Where sessions ask who is there. */
export const HELLO_SUBJECT = `${ROOT}.hello`;

/** What a session may be called: 32 hex digits. */
export const SESSION_NAME = /^[0-9a-f]{32}$/;
