/** The points of a body, as COCO names them and in its order. */
export const BODY_NAMES = [
  "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
  "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
] as const;
/** How many there are. */
export const BODY_POINTS = BODY_NAMES.length;
/** Which of them are joined, counted from 0. */
export const BODY = [
  [15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6], [5, 7], [6, 8], [7, 9], [8, 10], [1, 2], [0, 1], [0, 2], [1, 3], [2, 4],
] as const;
/** A point of a pose that is less sure than this is not drawn. */
export const LEAST_POINT_SCORE = 0.3;
