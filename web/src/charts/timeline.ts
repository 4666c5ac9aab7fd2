// What the charts over time have in common: consecutive spans, the axis and its zoom, the map between seconds and pixels,
// and events as thin lines with a word.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import type { Marker } from './data';
import type { View } from './definition';
import { tick } from './format';
import { fit } from './frame';
import { font, type Theme } from './palette';

export interface Plot {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Unix seconds at the left and right edge */
  from: number;
  to: number;
}

export const tenth = (n: number) => Math.round(n * 10) / 10;

export function plotOf(params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI): Plot {
  const box = params.coordSys as unknown as { x: number; y: number; width: number; height: number };
  // the axis is linear: two points give the map from time to pixels, and back
  const [zero] = api.coord([0, 0]) as [number, number];
  const [far] = api.coord([1e12, 0]) as [number, number];
  const seconds = (px: number) => ((px - zero) / (far - zero)) * 1e9;
  return { ...box, from: seconds(box.x), to: seconds(box.x + box.width) };
}

interface Spanned {
  time: number;
  until?: number;
}

/** When span i ends, in Unix seconds; the last one does at `end`. */
export function spanEnd(spans: Spanned[], i: number, end: number): number {
  const start = spans[i]?.time ?? 0;
  return Math.max(start + 1, spans[i]?.until ?? spans[i + 1]?.time ?? end);
}

/** The span that holds a time, by bisection; the nearest one for a time outside. */
export function spanAt(spans: Spanned[], time: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((spans[middle]?.time ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The axis from one time to another, in Unix seconds. */
export function timeAxis(from: number, to: number, { theme, width }: View): Record<string, unknown> {
  return {
    type: 'time',
    min: from * 1000,
    max: to * 1000,
    axisLine: { lineStyle: { color: theme.axis } },
    axisTick: { lineStyle: { color: theme.axis } },
    axisLabel: { color: theme.muted, fontSize: 12, hideOverlap: true, formatter: tick },
    splitNumber: width < 500 ? 3 : 8,
  };
}

export function zoom({ interactive }: View): Record<string, unknown>[] {
  if (!interactive) return [];
  return [{ type: 'inside', xAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: true, preventDefaultMouseMove: false }];
}

/** A series drawn as a whole by one function. It has one datum, at the beginning of time: without any it is not drawn. */
export function layer(renderItem: unknown, clip: boolean, from: number): Record<string, unknown> {
  return { type: 'custom', silent: true, clip, data: [[from * 1000, 0]], renderItem };
}

/** Pixels that the words of events take above the plot. */
export const marksTop = (markers: Marker[]) => (markers.length > 0 ? 12 : 0);

/** Draws events. A word that would run into the one before it is left out: its line stays. */
export function marks(markers: Marker[], theme: Theme) {
  const sorted = [...markers].sort((a, b) => a.time - b.time);
  return (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const plot = plotOf(params, api);
    let taken = -Infinity;
    const children = sorted
      .filter((marker) => marker.time >= plot.from && marker.time <= plot.to)
      .flatMap((marker) => {
        const x = Math.round((api.coord([marker.time * 1000, 0]) as [number, number])[0]) + 0.5;
        const line = {
          type: 'line' as const,
          shape: { x1: x, x2: x, y1: plot.y - 4, y2: plot.y + plot.height },
          style: { stroke: theme.text, lineWidth: 1 },
        };
        const text = fit(marker.word, 140, 11);
        const half = text.length * 3 + 3;
        // not out of the picture at its left edge
        const middle = Math.max(x, half);
        if (middle - half < taken) return [line];
        taken = middle + half;
        const style = { x: middle, y: plot.y - 6, text, fill: theme.text, fontSize: 11, fontFamily: font, align: 'center' as const, verticalAlign: 'bottom' as const };
        return [line, { type: 'text' as const, style }];
      });
    return { type: 'group' as const, children };
  };
}
