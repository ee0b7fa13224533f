import type { ModelAdapter } from "../adapter.js";
import type { Family } from "../info.js";
import { detr } from "./detr.js";
import { end2end } from "./end2end.js";
import { rfdetr } from "./rfdetr.js";
import { rtdetr } from "./rtdetr.js";
import { yolov5 } from "./yolov5.js";
import { yolov8 } from "./yolov8.js";
import { yolox } from "./yolox.js";

/** The adapter of each family. */
export const ADAPTERS: Readonly<Record<Family, ModelAdapter>> = { yolov8, yolov5, end2end, yolox, rtdetr, detr, rfdetr };
