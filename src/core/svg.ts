const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Words as XML's text or attribute: they may be anything, and XML has no control characters. */
export const escaped = (words: string): string => words.replace(/[\u0000-\u001f\ud800-\udfff\ufffe\uffff]/gu, " ").replace(/[&<>"']/g, (mark) => MARKUP[mark] ?? mark);

/** A line of text that begins at a point, px; `more` are attributes. */
export const svgText = (x: number, y: number, words: string, more = ""): string => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`;

const FONT = 'font-family="system-ui, sans-serif" font-size="12"';
const TITLE_Y = 22;

/** A drawing on white with its title above, px. */
export function svgPage({ widthPx, heightPx, leftPx, title }: { readonly widthPx: number; readonly heightPx: number; readonly leftPx: number; readonly title: string }, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" ${FONT} fill="#222" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${widthPx}" height="${heightPx}" fill="#fff"/>`,
    svgText(leftPx, TITLE_Y, title, 'font-size="15" font-weight="600"'),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** Told apart by people who see no red or green too (Okabe and Ito), on white. */
export const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#a0522d", "#555555"];
