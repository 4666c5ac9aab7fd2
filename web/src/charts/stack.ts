// The geometry of a stacked area: from blocks in buckets to polygons in pixels, at the detail the pixels can show.
//
// Where buckets are narrower than a few pixels, neighbours are merged by adding up their blocks: the merged share is the
// exact share of the longer span, not a sample of it. So 6,500 days draw as fast as 300, zooming in brings each bucket back,
// and what is read out is what is drawn.
import type { HistoryData } from './data';
import { spanAt, spanEnd, tenth, type Plot } from './timeline';

export interface Band {
  /** index into data.series */
  series: number;
  /** the upper edge, closed along the bottom of the plot */
  points: [number, number][];
  /** upper and lower edge in the last full span, in pixels: where the label goes */
  right: { top: number; bottom: number };
}

/** Pixels that a span needs so that its share can be told from its neighbours'. */
const SPAN = 6;

/**
 * The data with so many neighbouring buckets merged that none is drawn narrower than a few pixels. The number merged is a
 * power of two and the spans begin at its multiples, so that they stay put while the chart is moved or zoomed a little.
 */
export function merged(data: HistoryData, width: number, visible?: { from: number; to: number }): HistoryData {
  const count = data.buckets.length;
  const shown = visible ? spanAt(data.buckets, visible.to) - spanAt(data.buckets, visible.from) + 1 : count;
  const merge = 2 ** Math.max(0, Math.ceil(Math.log2((shown * SPAN) / Math.max(1, width))));
  if (merge === 1) return data;
  const starts = data.buckets.flatMap((_bucket, i) => (i % merge === 0 ? [i] : []));
  const sums = (numbers: number[]) => starts.map((from) => numbers.slice(from, from + merge).reduce((a, b) => a + b, 0));
  const blocks = sums(data.buckets.map((bucket) => bucket.blocks));
  return {
    ...data,
    buckets: starts.map((from, i) => ({
      time: data.buckets[from]?.time ?? 0,
      from_height: data.buckets[from]?.from_height ?? 0,
      to_height: data.buckets[Math.min(count, from + merge) - 1]?.to_height ?? 0,
      blocks: blocks[i] ?? 0,
    })),
    series: data.series.map((series) => ({ ...series, blocks: sums(series.blocks) })),
  };
}

/** The bands to draw, the top of the stack first: each is drawn down to the axis, and the next one over it. */
export function bands(data: HistoryData, plot: Plot): Band[] {
  if (data.buckets.length === 0) return [];
  const first = spanAt(data.buckets, plot.from);
  const last = spanAt(data.buckets, plot.to);
  const scale = plot.width / (plot.to - plot.from);
  const px = (time: number) => tenth(plot.x + (time - plot.from) * scale);
  const base = plot.y + plot.height;
  const spans = data.buckets.slice(first, last + 1).map((bucket, i) => {
    return { index: first + i, left: px(bucket.time), right: px(spanEnd(data.buckets, first + i, data.as_of.time)), blocks: bucket.blocks };
  });
  // wide spans are drawn as steps, for the share holds for the whole span; narrow ones as a line through their middles
  const steps = plot.width / spans.length >= 2 * SPAN;
  // the newest span has just begun: a few blocks say little of where a band lies
  const full = Math.max(...spans.map((span) => span.blocks)) / 2;
  const labelled = spans.findLastIndex((span) => span.blocks >= full);

  const below = spans.map(() => 0);
  const result: Band[] = [];
  data.series.forEach((series, index) => {
    const points: [number, number][] = [];
    const right = { top: base, bottom: base };
    spans.forEach((span, i) => {
      const under = below[i] ?? 0;
      const over = under + (span.blocks > 0 ? (series.blocks[span.index] ?? 0) / span.blocks : 0);
      below[i] = over;
      const top = tenth(base - plot.height * over);
      if (i === labelled) Object.assign(right, { top, bottom: tenth(base - plot.height * under) });
      if (steps) points.push([span.left, top], [span.right, top]);
      else {
        if (i === 0) points.push([span.left, top]);
        points.push([tenth((span.left + span.right) / 2), top]);
        if (i === spans.length - 1) points.push([span.right, top]);
      }
    });
    points.push([points[points.length - 1]?.[0] ?? 0, base], [points[0]?.[0] ?? 0, base]);
    result.push({ series: index, points, right });
  });
  return result.reverse();
}

/** Labels beside their bands, pushed apart to `line` pixels; bands too thin for one are left out, the thinnest first. */
export function labels(all: Band[], plot: Plot, line: number): { series: number; y: number }[] {
  const room = Math.floor(plot.height / line);
  const chosen = all
    .map((band) => ({ series: band.series, y: (band.right.top + band.right.bottom) / 2, size: band.right.bottom - band.right.top }))
    .filter((label) => label.size >= line * 0.5)
    .sort((a, b) => b.size - a.size)
    .slice(0, room)
    .sort((a, b) => a.y - b.y);
  for (let i = 1; i < chosen.length; i++) {
    const [upper, lower] = [chosen[i - 1], chosen[i]];
    if (upper && lower) lower.y = Math.max(lower.y, upper.y + line);
  }
  // what was pushed out at the bottom is pushed back up
  for (let i = chosen.length - 1; i >= 0; i--) {
    const label = chosen[i];
    const limit = (chosen[i + 1]?.y ?? plot.y + plot.height + line / 2) - line;
    if (label) label.y = Math.min(label.y, i === chosen.length - 1 ? plot.y + plot.height - line / 2 : limit);
  }
  return chosen;
}
