// The geometry of a stacked area: from blocks in buckets to polygons in pixels, at the detail the pixels can show.
//
// Where buckets are narrower than a pixel or two, neighbours are merged by adding up their blocks: the merged share is the
// exact share of the longer span, not a sample of it. So 6,500 days draw as fast as 300, and zooming in brings
// each bucket back.
import type { HistoryData } from './data';

export interface Plot {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Unix seconds at the left and right edge */
  from: number;
  to: number;
}

export interface Band {
  /** index into data.series */
  series: number;
  /** x0, y0, x1, y1, ... of the upper edge, closed along the bottom of the plot */
  points: [number, number][];
  /** upper and lower edge at the right end, in pixels */
  right: { top: number; bottom: number };
}

/** When bucket i ends, in Unix seconds. */
export function bucketEnd(data: HistoryData, i: number): number {
  const next = data.buckets[i + 1];
  const start = data.buckets[i]?.time ?? 0;
  return Math.max(start + 1, next ? next.time : data.as_of.time);
}

/** The bucket that holds a time, by bisection; the nearest one for a time outside. */
export function bucketAt(data: HistoryData, time: number): number {
  let low = 0;
  let high = data.buckets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((data.buckets[middle]?.time ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

const tenth = (n: number) => Math.round(n * 10) / 10;

/** The bands to draw, the top of the stack first: each is drawn down to the axis, and the next one over it. */
export function bands(data: HistoryData, plot: Plot): Band[] {
  const count = data.buckets.length;
  if (count === 0) return [];
  const first = bucketAt(data, plot.from);
  const last = bucketAt(data, plot.to);
  const merge = Math.max(1, Math.ceil((last - first + 1) / (plot.width / 2.5)));
  const scale = plot.width / (plot.to - plot.from);
  const px = (time: number) => tenth(plot.x + (time - plot.from) * scale);
  const base = plot.y + plot.height;

  // groups start at multiples of `merge`, so that they stay the same while the chart is moved sideways
  const groups: { left: number; right: number; from: number; to: number; blocks: number }[] = [];
  for (let from = first - (first % merge); from <= last; from += merge) {
    const to = Math.min(count, from + merge) - 1;
    let blocks = 0;
    for (let i = from; i <= to; i++) blocks += data.buckets[i]?.blocks ?? 0;
    groups.push({ left: px(data.buckets[from]?.time ?? 0), right: px(bucketEnd(data, to)), from, to, blocks });
  }
  // wide buckets are drawn as steps, for the share holds for the whole span; narrow ones as a line through their middles
  const steps = plot.width / groups.length >= 4;

  const below = groups.map(() => 0);
  const result: Band[] = [];
  data.series.forEach((series, index) => {
    const points: [number, number][] = [];
    let bottom = base;
    let top = base;
    groups.forEach((group, g) => {
      let blocks = 0;
      for (let i = group.from; i <= group.to; i++) blocks += series.blocks[i] ?? 0;
      const under = below[g] ?? 0;
      const over = under + (group.blocks > 0 ? blocks / group.blocks : 0);
      below[g] = over;
      bottom = tenth(base - plot.height * under);
      top = tenth(base - plot.height * over);
      if (steps) points.push([group.left, top], [group.right, top]);
      else {
        if (g === 0) points.push([group.left, top]);
        points.push([tenth((group.left + group.right) / 2), top]);
        if (g === groups.length - 1) points.push([group.right, top]);
      }
    });
    points.push([points[points.length - 1]?.[0] ?? 0, base], [points[0]?.[0] ?? 0, base]);
    result.push({ series: index, points, right: { top, bottom } });
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
