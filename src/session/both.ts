/**
 * Loading the model and looking at the source take about as long, so they go side by side. When one fails the other is
 * awaited all the same: what it opened has to be closed. The source's error goes first, it is the one people make.
 */
export async function bothOrNone<A, B>(pool: Promise<A>, source: Promise<B>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([pool, source]);
  if (other.status === "rejected") throw other.reason;
  if (one.status === "rejected") throw one.reason;
  return [one.value, other.value];
}
