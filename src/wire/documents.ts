import { z } from "../core/schema.js";
import { messageSchema } from "./messages.js";
import { requestSchema } from "./requests.js";

/** A JSON Schema, as far as the documents look into it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Name of each message to its schema, in JSON Schema draft 7 (what AsyncAPI reads): what clients send, what the server sends. */
export interface ContractSchemas {
  readonly requests: Readonly<Record<string, JsonSchema>>;
  readonly messages: Readonly<Record<string, JsonSchema>>;
}

/** Made from the schemas that also give the types and check what comes in. */
export function contractSchemas(): ContractSchemas {
  const named = (schema: z.ZodType, io: "input" | "output"): Record<string, JsonSchema> => {
    const { definitions } = z.toJSONSchema(schema, { target: "draft-7", io }) as { definitions?: Record<string, JsonSchema> };
    return definitions ?? {};
  };
  return { requests: named(requestSchema, "input"), messages: named(messageSchema, "output") };
}
