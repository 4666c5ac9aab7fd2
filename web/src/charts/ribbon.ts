// The geometry of a line with its interval: from values in spans of time to points in pixels, at the detail the pixels can
// show.
//
// Values cannot be merged as blocks can (stack.ts): the mean of two is a value that nothing had, and hides the peak. So where
// spans are narrower than pixels, of each few pixels those spans are kept that make the outline: the first and the last,
// the lowest and the highest, of the value as of the interval. What is drawn and read out is what was.
import type { BandData, BandPoint } from './data';
import { spanAt, spanEnd, tenth, type Plot } from './timeline';

/** Pixels whose spans are thinned out to their outline. */
const COLUMN = 3;
/** Pixels from which on a span is seen to last: drawn as a step. */
const STEP = 12;

export const endOf = (data: BandData, i: number) => spanEnd(data.points, i, data.as_of.time);

/** The places from `from` up to `to` that make the outline. Those of a whole are among those of its halves. */
function outline(points: BandPoint[], from: number, to: number): number[] {
  let [first, last, none, least, most, lowest, highest] = [-1, -1, -1, -1, -1, -1, -1];
  let [min, max, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const point = points[i];
    if (!point) continue;
    if (point.value === null) {
      if (none < 0) none = i; // a gap stays a gap
    } else {
      if (first < 0) first = i;
      last = i;
      if (point.value < min) [min, least] = [point.value, i];
      if (point.value > max) [max, most] = [point.value, i];
    }
    if (point.low !== null && point.low < low) [low, lowest] = [point.low, i];
    if (point.high !== null && point.high > high) [high, highest] = [point.high, i];
  }
  const kept = new Set([from, to - 1, first, last, none, least, most, lowest, highest]);
  kept.delete(-1);
  return [...kept].sort((a, b) => a - b);
}

/**
 * The data with the spans left out that a width in pixels cannot show. The number taken together is a power of two and they
 * begin at its multiples: the picture stays put while it is moved or zoomed a little, and more detail is more spans.
 */
export function thinned(data: BandData, width: number, visible?: { from: number; to: number }): BandData {
  const { points } = data;
  const shown = visible ? spanAt(points, visible.to) - spanAt(points, visible.from) + 1 : points.length;
  const together = 2 ** Math.floor(Math.log2(Math.max(1, (shown * COLUMN) / Math.max(1, width))));
  if (together <= 2) return data;
  const kept: BandPoint[] = [];
  for (let from = 0; from < points.length; from += together) {
    for (const i of outline(points, from, Math.min(points.length, from + together))) {
      const point = points[i];
      if (point) kept.push({ ...point, until: endOf(data, i) });
    }
  }
  return { ...data, points: kept };
}

export type Points = [number, number][];

export interface Ribbon {
  /** one for each stretch without a gap; so are the intervals, closed */
  lines: Points[];
  bands: Points[];
  /** the last value in sight: where it ends, and its place in the data */
  last: { x: number; y: number; at: number } | null;
  /** pixels that a span has */
  room: number;
}

/** What to draw of the data, on an axis from zero to `max`. What lies above is cut off at the upper edge. */
export function ribbon(data: BandData, plot: Plot, max: number): Ribbon {
  const { points } = data;
  if (points.length === 0) return { lines: [], bands: [], last: null, room: plot.width };
  const [first, end] = [spanAt(points, plot.from), spanAt(points, plot.to)];
  const room = plot.width / (end - first + 1);
  const steps = room >= STEP;
  const scale = plot.width / (plot.to - plot.from);
  const px = (time: number) => tenth(plot.x + (time - plot.from) * scale);
  const py = (value: number) => tenth(plot.y + plot.height * (1 - Math.min(1, value / max)));
  // one more on both sides, so that a line runs out of the plot and does not end at its edge
  const range = { from: Math.max(0, first - 1), to: Math.min(points.length - 1, end + 1) };

  const edges = (key: 'value' | 'low' | 'high', present: (point: BandPoint) => boolean) =>
    stretches(points, range, present).map((places): Points => {
      const across = places.map((i) => ({ left: px(points[i]?.time ?? 0), right: px(endOf(data, i)), y: py(points[i]?.[key] ?? 0) }));
      if (steps) return across.flatMap(({ left, right, y }): Points => [[left, y], [right, y]]);
      const [head, tail] = [across[0], across[across.length - 1]];
      const middles = across.map(({ left, right, y }): [number, number] => [tenth((left + right) / 2), y]);
      return [...(head ? [[head.left, head.y] as [number, number]] : []), ...middles, ...(tail ? [[tail.right, tail.y] as [number, number]] : [])];
    });

  const bounded = (point: BandPoint) => point.low !== null && point.high !== null;
  const lows = edges('low', bounded);
  const bands = edges('high', bounded).map((high, i): Points => [...high, ...(lows[i] ?? []).reverse()]);
  const lines = edges('value', (point) => point.value !== null);

  let at = end;
  while (at >= first && (points[at]?.value ?? null) === null) at--;
  const value = at >= first ? (points[at]?.value ?? null) : null;
  const last = value === null ? null : { x: Math.min(px(endOf(data, at)), plot.x + plot.width), y: py(value), at };
  return { lines, bands, last, room };
}

/** Runs of neighbours of which something holds. */
function stretches(points: BandPoint[], range: { from: number; to: number }, holds: (point: BandPoint) => boolean): number[][] {
  const found: number[][] = [];
  let open: number[] | null = null;
  for (let i = range.from; i <= range.to; i++) {
    const point = points[i];
    if (!point || !holds(point)) open = null;
    else if (open) open.push(i);
    else found.push((open = [i]));
  }
  return found;
}
