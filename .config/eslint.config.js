// Run by `npm test` and `npm run lint` from the project's root, as: eslint --config .config/eslint.config.js .
import tseslint from "typescript-eslint";

/**
 * Where time, chance and the console belong: the one clock, the command line, the browser, and what runs before
 * anything is built.
 */
const OUTSIDE_WORLD = ["src/core/clock.ts", "src/cli.ts", "src/cli/**", "src/dashboard/**", "src/setup/**"];

const USE_THE_CLOCK = "Time and chance are arguments: take a Clock or a seed (src/core/clock.ts).";

/** @param {string} object @param {string} property */
const hidden = (object, property) => ({ object, property, message: USE_THE_CLOCK });
/** @param {string} name */
const bare = (name) => ({ name, message: USE_THE_CLOCK });

export default tseslint.config(
  { ignores: ["dist/", "node_modules/"] },
  {
    files: ["src/**/*.ts", "src/setup/*.mjs", "test/**/*.ts", "samples/**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": [
        "error",
        // node:test waits for its own tests.
        {
          allowForKnownSafeCalls: [
            {
              from: "package",
              package: "node:test",
              name: ["test", "it", "describe", "suite", "before", "after", "beforeEach", "afterEach"],
            },
          ],
        },
      ],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Our objects are made of closures; there is no `this` to lose.
      "@typescript-eslint/unbound-method": "off",
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: OUTSIDE_WORLD,
    rules: {
      "no-console": "error",
      "no-restricted-globals": ["error", bare("setTimeout"), bare("setInterval")],
      "no-restricted-imports": [
        "error",
        { paths: [bare("node:timers"), bare("node:timers/promises"), bare("timers"), bare("timers/promises")] },
      ],
      "no-restricted-properties": [
        "error",
        hidden("Date", "now"),
        hidden("Math", "random"),
        hidden("performance", "now"),
        hidden("globalThis", "setTimeout"),
        hidden("globalThis", "setInterval"),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: USE_THE_CLOCK },
      ],
    },
  },
  {
    // JavaScript has no way to give a parsed or imported value its type that these rules would see; tsc checks the
    // JSDoc.
    files: ["src/setup/*.mjs"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off" },
  },
);
