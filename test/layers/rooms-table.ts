/**
 * Reads the table of rooms from the map `src/README.md`: the first Markdown table whose header has the columns "Room"
 * and "Layer".
 * Rooms stand in backticks, several in one cell are allowed; a trailing "/" or ".ts" is ignored.
 * @returns room to layer; undefined when there is no such table
 */
export function readRoomsTable(markdown: string): Record<string, number> | undefined {
  const lines = markdown.split("\n").map(cellsOf);
  const header = lines.findIndex((cells) => cells.includes("room") && cells.includes("layer"));
  if (header === -1) return undefined;
  const [roomColumn, layerColumn] = ["room", "layer"].map((title) => (lines[header] ?? []).indexOf(title));
  const rooms: Record<string, number> = {};
  for (const cells of lines.slice(header + 2)) {
    if (cells.length === 0) break;
    for (const [, room = ""] of (cells[roomColumn ?? -1] ?? "").matchAll(/`([\w-]+)(?:\/|\.ts)?`/g)) {
      rooms[room] = Number(cells[layerColumn ?? -1]);
    }
  }
  return rooms;
}

function cellsOf(line: string): string[] {
  if (!line.trimStart().startsWith("|")) return [];
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim().toLowerCase());
}
