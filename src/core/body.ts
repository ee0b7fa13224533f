/** How many points of a body COCO has. */
export const BODY_POINTS = 17;
/** Which of them are joined. */
export const BODY = [
  [15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6], [5, 7], [6, 8], [7, 9], [8, 10], [1, 2], [0, 1], [0, 2], [1, 3], [2, 4],
] as const;
/** A point of a pose that is less sure than this is not drawn. */
export const LEAST_POINT_SCORE = 0.3;
