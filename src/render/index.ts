export { findChapter, type Chapter, type ChapterChoice } from "./chapters.js";
export { openClip, type Clip } from "./clip.js";
export { containerOf, DEFAULT_ENCODING, type Encoding } from "./commands.js";
export { renderClip, type RenderFigures, type RenderOptions, type RenderWorld } from "./render.js";
export { saveWhileRunning, type Saving } from "./save.js";
