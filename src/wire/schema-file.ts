import { z } from "../core/schema.js";
import { recordSchema } from "./records.js";

/** Where the records' JSON Schema is published, from the project's root. */
export const RECORD_SCHEMA_PATH = "config/record.schema.json";

/** The text of that file: JSON Schema (draft 2020-12) of every record, made from the schemas that give the types. */
export function recordSchemaText(): string {
  const { $schema, ...rest } = z.toJSONSchema(recordSchema, { target: "draft-2020-12" });
  const schema = {
    $schema,
    title: "sightline records, v1",
    description: "One line of the log, one message of the feed. Generated from src/wire/schema.ts.",
    ...rest,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
