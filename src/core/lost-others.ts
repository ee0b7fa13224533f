/** How many records that are not of frames a reader did not get, by the topic they belong to. */
export interface LostOthers {
  readonly events?: number;
  readonly state?: number;
  readonly log?: number;
}

/** What one reader lost besides frames, until it is told. Runs in Node and in the browser. */
export interface LostOthersTally {
  /** A message of this type was not delivered. Frames, gaps, figures (newer ones follow) and answers are not counted. */
  lose(type: string): void;
  /** What was told and lost again. */
  add(lost: LostOthers): void;
  /** What to tell, or undefined. Asking clears it. */
  take(): LostOthers | undefined;
}

const TOPIC_OF: Readonly<Record<string, keyof LostOthers>> = { event: "events", state: "state", log: "log" };

/** Makes an empty tally. */
export function lostOthersTally(): LostOthersTally {
  let lost: Record<string, number> | undefined;
  const count = (topic: string, records: number): void => {
    lost = { ...lost, [topic]: (lost?.[topic] ?? 0) + records };
  };
  return {
    lose(type) {
      const topic = TOPIC_OF[type];
      if (topic) count(topic, 1);
    },
    add(others) {
      for (const [topic, records] of Object.entries(others)) count(topic, records as number);
    },
    take() {
      const told = lost;
      lost = undefined;
      return told;
    },
  };
}
