/**
 * Passwords that tests put into addresses, and that may appear nowhere: the runner searches all that the tests print and all
 * that they write into `temporaryFolder()`. One is plain, one is full of what an address has a meaning for.
 */
export const PLANTED = { user: "planted-viewer", passwords: ["Geheim4711plain", "Gehe:im@47/11?#%"] } as const;

interface Form {
  /** Lower case, as everything is compared. */
  readonly text: string;
  /** For people, without the password. */
  readonly name: string;
}

const twoDigits = (char: string): string => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** How a password may look where it leaks: as it is, encoded fully or in parts, in JSON, in a Basic header. */
const FORMS: readonly Form[] = PLANTED.passwords.flatMap((password, index) => {
  // A plain password looks the same in most forms: the last name for one text holds.
  const forms = new Map<string, string>([
    [Buffer.from(`${PLANTED.user}:${password}`).toString("base64"), "in base64"],
    [JSON.stringify(password).slice(1, -1).replaceAll("/", "\\/"), "as JSON"],
    [password.replace(/[@/?#%]/g, twoDigits), "percent-encoded in parts"],
    [encodeURIComponent(password), "percent-encoded"],
    [password, "as it is"],
  ]);
  return [...forms].map(([text, form]) => ({ text: text.toLowerCase(), name: `planted password ${index + 1} ${form}` }));
});

/** What is made anew each time, and as secret: our own tokens, and tickets where they stand in an address. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/slt_[a-z0-9]{8}_[\w-]{43}/, "a token"],
  [/ticket=[\w-]{43}/, "a ticket"],
];
const LONGEST_MATCH = 64;

const LONGEST = Math.max(LONGEST_MATCH, ...FORMS.map(({ text }) => text.length));

/** Searches text that comes in pieces. */
export interface LeakSearch {
  push(piece: string): void;
  /** What was found, in words that do not repeat it. */
  readonly found: ReadonlySet<string>;
}

/** Starts a search for planted passwords, tokens and tickets; one that is cut by the pieces is found too. */
export function searchLeaks(): LeakSearch {
  const found = new Set<string>();
  let tail = "";
  return {
    found,
    push(piece) {
      const text = tail + piece.toLowerCase();
      for (const { text: form, name } of FORMS) if (text.includes(form)) found.add(name);
      for (const [pattern, name] of PATTERNS) if (pattern.test(text)) found.add(name);
      tail = text.slice(-LONGEST);
    },
  };
}

/** The planted passwords in a text, in words; usually none. */
export function leaksIn(text: string): string[] {
  const search = searchLeaks();
  search.push(text);
  return [...search.found];
}
