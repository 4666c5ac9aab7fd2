// What of a band chart's data its axis has to reach, and how they are written on it.
import { fromZero, logarithmic, type Axis } from './axis';
import type { BandData, BandPoint } from './data';
import { scaleOf, type Scale } from './scale';

/** Some figure that is drawn, or null. */
type Figure = number | null | undefined;

/** No figure lies beyond these: near the ends of floating point there is no reckoning. */
const [LEAST, MOST] = [1e-150, 1e150];

function sound(figure: Figure): number | null {
  if (typeof figure !== 'number' || !(figure >= 0 && figure < MOST)) return null;
  return figure < LEAST ? 0 : figure;
}

const figures = ['value', 'low', 'high', 'unknown_low', 'unknown_high'] as const;

/** The data with no figure but those that can be one. */
export function sane(data: BandData): BandData {
  const fine = (point: BandPoint) => figures.every((key) => (point[key] ?? null) === sound(point[key]));
  const mended = (point: BandPoint): BandPoint => ({ ...point, ...Object.fromEntries(figures.map((key) => [key, sound(point[key])])) });
  const points = data.points.every(fine) ? data.points : data.points.map(mended);
  const guides = data.guides.filter((guide) => sound(guide.value) !== null);
  return { ...data, points, guides };
}

export const most = (numbers: Figure[]) => numbers.reduce((a: number, b) => Math.max(a, b ?? 0), 0);

/** The least above zero; infinity where there is none. */
const least = (numbers: Figure[]) => numbers.reduce((a: number, b) => (b ? Math.min(a, b) : a), Infinity);

export interface Reach {
  /** of a logarithmic axis; else zero */
  least: number;
  top: number;
  guides: BandData['guides'];
}

/**
 * What the axis has to reach: every value, and the interval of every span but those with few blocks, as the newest, which has
 * just begun: theirs is so wide that beside it the others would be a line. What Unknown could change, and a level, is drawn
 * where it is not far beyond.
 */
export function reachOf(data: BandData): Reach {
  const far = data.log ? 10 : 2;
  const enough = most(data.points.map((point) => point.blocks)) / 2;
  const full = data.points.filter((point) => point.blocks >= enough);
  const values = data.points.map((point) => point.value);
  const known = Math.max(most(values), most(full.map((point) => point.high)));
  const unknown = Math.min(most(full.map((point) => point.unknown_high)), known > 0 ? far * known : MOST);
  const wanted = sound(data.top);
  const highest = Math.max(known, wanted ?? unknown);
  const near = data.guides.filter((guide) => guide.value <= far * highest);
  const reach = { least: 0, top: Math.max(highest, most(near.map((guide) => guide.value))), guides: near.sort((a, b) => a.value - b.value) };
  if (!data.log) return reach;
  // an interval that begins at or near zero would take any number of powers of ten
  const lowest = Math.min(least(values), highest || Infinity);
  const below = full.flatMap((point) => [point.low ?? lowest, point.unknown_low ?? lowest]).map((low) => Math.max(low, lowest / far));
  // and a value of zero is to be seen below all others
  if (values.includes(0)) below.push(lowest / 2);
  const levels = near.map((guide) => guide.value).filter((level) => level >= lowest / far);
  const floor = least([lowest, ...below, ...levels]);
  return { least: Number.isFinite(floor) ? floor : 0, top: reach.top, guides: near.filter((guide) => guide.value >= floor) };
}

/** Whether it counts a few, as miners: such a figure has no values in between. */
export const counts = (data: BandData) =>
  data.scale === 'number' && data.points.every(({ value }) => value === null || (Number.isInteger(value) && value < 100));

export const scaleFor = (data: BandData, reach = reachOf(data)): Scale =>
  scaleOf(data.scale, data.log && reach.least > 0 ? reach : { least: reach.top, top: reach.top }, data.unit);

/** The axis of a picture so many pixels high. */
export function axisFor(data: BandData, reach: Reach, height: number): Axis {
  const count = Math.max(4, Math.min(8, Math.floor(height / 50)));
  return data.log ? logarithmic(reach.least, reach.top, count, counts(data)) : fromZero(reach.top, count, counts(data));
}
