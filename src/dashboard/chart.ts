import uPlot from "uplot";
import { colourOf } from "../core/class-colours.js";
import type { TimelineSeries } from "./timeline.js";

/** A chart of objects in view over time. */
export interface Chart extends Disposable {
  show(series: TimelineSeries, classIds: ReadonlyMap<string, number>): void;
}

const HEIGHT_PX = 150;

/** A colour of the style sheet as canvases need it; `light-dark()` is resolved by the element's own colour. */
function tokenColour(place: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** How the axis of time is written. */
type TimeAxis = Pick<uPlot.Axis, "space" | "incrs" | "values">;
const MINUTES: TimeAxis = { space: 46, incrs: [60], values: (_plot, ticks) => ticks.map(clockOf) };
const DAYS: TimeAxis = { space: 90, values: (_plot, ticks) => ticks.map(dayAndClockOf) };

/** A chart of some minutes. */
export const timelineChart = (place: HTMLElement): Chart => chart(place, MINUTES);
/** A chart of hours or days. */
export const longChart = (place: HTMLElement): Chart => chart(place, DAYS);

/** Makes an empty chart that fills its place's width. Made anew when the labels or the colours change. */
function chart(place: HTMLElement, time: TimeAxis): Chart {
  let plot: uPlot | undefined;
  let key = "";
  const widthOf = (): number => Math.max(120, place.clientWidth);
  const resized = new ResizeObserver(() => plot?.setSize({ width: widthOf(), height: HEIGHT_PX }));
  resized.observe(place);
  return {
    show(series, classIds) {
      const data = [series.timesS, ...series.values] as uPlot.AlignedData;
      const ink = tokenColour(place, "--dim");
      const wanted = JSON.stringify([series.labels, series.labels.map((label) => classIds.get(label)), ink]);
      if (wanted !== key || !plot) {
        plot?.destroy();
        plot = new uPlot(optionsOf(series, classIds, ink, { line: tokenColour(place, "--line"), width: widthOf(), time }), data, place);
        key = wanted;
      } else plot.setData(data);
    },
    [Symbol.dispose]() {
      resized.disconnect();
      plot?.destroy();
    },
  };
}

function optionsOf({ labels }: TimelineSeries, classIds: ReadonlyMap<string, number>, ink: string, { line, width, time }: { readonly line: string; readonly width: number; readonly time: TimeAxis }): uPlot.Options {
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } } satisfies uPlot.Axis;
  return {
    width,
    height: HEIGHT_PX,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 24, ...time },
      { ...axis, size: 44, space: 28 },
    ],
    series: [{}, ...labels.map((label, i) => ({ label, stroke: colourOf(classIds.get(label) ?? i), width: 2, points: { show: false }, spanGaps: false }))],
  };
}

/** The time of a tick as the clock on the wall shows it. */
function clockOf(timeS: number): string {
  const time = new Date(timeS * 1000);
  return `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
}

/** The same with the day: 20/11 10:30. */
const dayAndClockOf = (timeS: number): string => `${new Date(timeS * 1000).getDate()}/${new Date(timeS * 1000).getMonth() + 1} ${clockOf(timeS)}`;
