// The geometry of a line with its interval: from values in spans of time to points in pixels, at the detail the pixels can
// show.
//
// Values cannot be merged as blocks can (stack.ts): the mean of two is a value that nothing had, and hides the peak. So where
// spans are narrower than pixels, of each few pixels those spans are kept that make the outline: the first and the last,
// the lowest and the highest, of the value as of the interval. What is drawn and read out is what was.
import type { Axis } from './axis';
import type { BandData, BandPoint } from './data';
import { spanAt, spanEnd, tenth, type Plot } from './timeline';

/** Pixels whose spans are thinned out to their outline. */
const COLUMN = 3;
/** Pixels from which on a span is seen to last: drawn as a step. */
const STEP = 12;

export const endOf = (data: BandData, i: number) => spanEnd(data.points, i, data.as_of.time);

/** The places from `from` up to `to` that make the outline. Those of a whole are among those of its halves. */
function outline(points: BandPoint[], from: number, to: number): number[] {
  let [first, last, none, least, most, lowest, highest, under, over] = [-1, -1, -1, -1, -1, -1, -1, -1, -1];
  let [min, max, low, high, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity, Infinity, -Infinity];
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
    if ((point.unknown_low ?? Infinity) < bottom) [bottom, under] = [point.unknown_low ?? 0, i];
    if ((point.unknown_high ?? -Infinity) > top) [top, over] = [point.unknown_high ?? 0, i];
  }
  const kept = new Set([from, to - 1, first, last, none, least, most, lowest, highest, under, over]);
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

/** A line, or a closed edge. */
export interface Part {
  points: Points;
  /** of spans that are not whole */
  partial: boolean;
  /** all there is between two gaps, and hardly wide enough to be seen */
  lone: boolean;
}

export interface Ribbon {
  /** one for each stretch without a gap and as whole as the next; so are the intervals, closed */
  lines: Part[];
  bands: Part[];
  /** what Unknown could change, closed */
  unknown: Part[];
  /** the last value in sight: where it ends, and its place in the data */
  last: { x: number; y: number; at: number; partial: boolean } | null;
  /** pixels that a span has */
  room: number;
}

interface Vertex {
  x: number;
  place: number;
  partial: boolean;
}

/** Cuts an outline where whole spans end and others begin: of what joins the two, the part belongs to those not whole. */
function parts(vertices: Vertex[]): { from: number; to: number; partial: boolean }[] {
  const cut: { from: number; to: number; partial: boolean }[] = [];
  for (let i = 1; i < vertices.length; i++) {
    const partial = vertices[i - 1]?.partial === true || vertices[i]?.partial === true;
    const open = cut[cut.length - 1];
    if (open?.partial === partial) open.to = i;
    else cut.push({ from: i - 1, to: i, partial });
  }
  return cut;
}

/**
 * What to draw of the data; what lies above the axis is cut off. Whole numbers have no values in between: their spans are
 * steps, however narrow.
 */
export function ribbon(data: BandData, plot: Plot, axis: Axis, whole: boolean): Ribbon {
  const { points } = data;
  if (points.length === 0) return { lines: [], bands: [], unknown: [], last: null, room: plot.width };
  const [first, end] = [spanAt(points, plot.from), spanAt(points, plot.to)];
  const room = plot.width / (end - first + 1);
  const steps = whole || room >= STEP;
  const scale = plot.width / (plot.to - plot.from);
  const px = (time: number) => tenth(plot.x + (time - plot.from) * scale);
  const py = (value: number, most = 1) => tenth(plot.y + plot.height * (1 - Math.min(most, axis.at(value))));
  // one more on both sides, so that a line runs out of the plot and does not end at its edge
  const range = { from: Math.max(0, first - 1), to: Math.min(points.length - 1, end + 1) };

  /** The corners of a line through spans without a gap. */
  const corners = (places: number[]): Vertex[] => {
    const across = places.map((i) => ({ left: px(points[i]?.time ?? 0), right: px(endOf(data, i)), place: i, partial: points[i]?.partial === true }));
    if (steps) return across.flatMap((span) => [{ ...span, x: span.left }, { ...span, x: span.right }]);
    const middles = across.map((span) => ({ ...span, x: tenth((span.left + span.right) / 2) }));
    const [head, tail] = [across[0], across[across.length - 1]];
    return [...(head ? [{ ...head, x: head.left }] : []), ...middles, ...(tail ? [{ ...tail, x: tail.right }] : [])];
  };

  /** The line of one figure; or, of two, what lies between them. */
  const drawn = (upper: Key, lower?: Key): Part[] => {
    const there = (point: BandPoint) => (point[upper] ?? null) !== null && (!lower || (point[lower] ?? null) !== null);
    return stretches(points, range, there).flatMap((places) => {
      const line = corners(places);
      const lone = (line[line.length - 1]?.x ?? 0) - (line[0]?.x ?? 0) < 3;
      // an outline that leaves the plot is open there
      const most = upper === 'unknown_high' ? 1.2 : 1;
      const edge = (key: Key, part: Vertex[]) => part.map(({ x, place }): [number, number] => [x, py(points[place]?.[key] ?? 0, most)]);
      return parts(line).map(({ from, to, partial }) => {
        const part = line.slice(from, to + 1);
        return { points: lower ? [...edge(upper, part), ...edge(lower, part).reverse()] : edge(upper, part), partial, lone };
      });
    });
  };

  let at = end;
  while (at >= first && (points[at]?.value ?? null) === null) at--;
  const value = at >= first ? (points[at]?.value ?? null) : null;
  const last = value === null ? null : { x: Math.min(px(endOf(data, at)), plot.x + plot.width), y: py(value), at, partial: points[at]?.partial === true };
  const unknown = data.bounds ? drawn('unknown_high', 'unknown_low') : [];
  return { lines: drawn('value'), bands: drawn('high', 'low'), unknown, last, room };
}

type Key = 'value' | 'low' | 'high' | 'unknown_low' | 'unknown_high';

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
