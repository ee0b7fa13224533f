/** Wait before a try after so many fruitless ones, ms: doubled with each. Pure. */
export function backoffMs(fruitless: number, firstMs: number): number {
  return fruitless === 0 ? firstMs : firstMs * 2 ** (fruitless - 1);
}

/** What `Retry-After` asks for from now on, ms: seconds or a date; null when it says neither. Pure. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** Whether `Content-Range` says that the bytes from `from` on follow, of a file of `totalBytes`. Pure. */
export function startsAt(header: string | undefined, from: number, totalBytes: number): boolean {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header ?? "") ?? [];
  return first !== undefined && Number(first) === from && Number(last) < totalBytes && (total === "*" || Number(total) === totalBytes);
}
