/** The one address of zod: every schema of the project (settings, records, messages, sidecars) is made with this `z`. */
export { z } from "zod";
