// Where the values of a chart lie along its axis, and the ticks of it: from zero, or logarithmic.

export interface Axis {
  /** the lower edge first, where that is one; no tick lies outside of the axis */
  ticks: number[];
  /** where a value lies: 0 at the lower edge, 1 at the upper one; nothing lies below */
  at(value: number): number;
}

const FLOAT = 1e-9;

/** Ticks from zero to a highest value: three to `count` above zero, and little room above it; of whole numbers, none between. */
function ticks(top: number, count: number, whole: boolean): { step: number; number: number } {
  const highest = top > 0 ? top : 1;
  const power = 10 ** Math.floor(Math.log10(highest / count));
  const steps = [1, 2, 2.5, 5, 10, 20].map((nice) => nice * power).filter((step) => !whole || (step >= 1 && Number.isInteger(step)));
  const fitting = (steps.length > 0 ? steps : [1])
    .map((step) => ({ step, number: Math.max(1, Math.ceil(highest / step - FLOAT)) }))
    .filter(({ number }) => number <= count);
  const several = fitting.filter(({ number }) => number > 2.5);
  const [first = { step: highest, number: 1 }, ...others] = several.length > 0 ? several : fitting;
  // where two leave as little, the coarser one; of whole numbers the finer, for each is a value that may be had
  const tie = whole ? 1 - FLOAT : 1 + FLOAT;
  return others.reduce((best, other) => (other.step * other.number <= best.step * best.number * tie ? other : best), first);
}

/** An axis from zero to a highest value or a little above it. */
export function fromZero(top: number, count: number, whole: boolean): Axis {
  const { step, number } = ticks(top, count, whole);
  return {
    ticks: Array.from({ length: number + 1 }, (_tick, i) => i * step),
    at: (value) => Math.max(0, value / (step * number)),
  };
}

function between(low: number, high: number, all: number[]): Axis {
  const [from, length] = [Math.log(low), Math.log(high) - Math.log(low)];
  return {
    ticks: all.filter((tick) => tick >= low * (1 - FLOAT) && tick <= high * (1 + FLOAT)),
    at: (value) => (value <= low ? 0 : (Math.log(value) - from) / length),
  };
}

/** Even ticks, for values that are not far apart: between 1,000 and 1,300 the axis is as good as straight. */
function even(low: number, top: number, count: number, whole: boolean): Axis | null {
  const power = 10 ** Math.floor(Math.log10((top - low) / count));
  for (const step of [1, 2, 5, 10, 20].map((nice) => nice * power)) {
    const [from, to] = [Math.floor(low / step + FLOAT), Math.ceil(top / step - FLOAT)];
    if (to - from > count || (whole && step < 1)) continue;
    return from > 0 ? between(from * step, to * step, Array.from({ length: to - from + 1 }, (_tick, i) => (from + i) * step)) : null;
  }
  return null;
}

/** A logarithmic axis from the lowest value above zero to the highest: ticks at 1, 2, 5, or at every so many powers of ten. */
export function logarithmic(lowest: number, highest: number, count: number, whole: boolean): Axis {
  let [low, top] = lowest > 0 && highest >= lowest ? [lowest, highest] : [1, 10];
  // values as good as equal are a line in the middle
  const apart = Math.sqrt(Math.max(1, 1.2 / (top / low)));
  [low, top] = [low / apart, top * apart];
  const narrow = top / low <= 5 ? even(low, top, count, whole) : null;
  if (narrow) return narrow;
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(top)) + 1];
  // read as decimals, which powers of floats are not
  const powers = Array.from({ length: last - first + 1 }, (_power, i) => first + i).map((e) => ({ e, ticks: [1, 2, 5].map((nice) => Number(`${nice}e${e}`)) }));
  const all = powers.flatMap((power) => power.ticks).filter((tick) => !whole || tick >= 1);
  const from = all.findLast((tick) => tick <= low * (1 + FLOAT)) ?? low;
  const to = all.find((tick) => tick >= top * (1 - FLOAT)) ?? top;
  const fine = between(from, to, all);
  if (fine.ticks.length <= count + 1) return fine;
  // over many powers of ten the axis may as well begin and end at one
  const long = last - first > 6 && !whole;
  const axes = [1, 3, 2, ...powers.map((_power, i) => 6 + 3 * i)].map((every) => {
    const some = powers.flatMap(({ e, ticks: [tick = 0] }) => (e % every === 0 ? [tick] : []));
    return between(long ? Number(`1e${first}`) : from, long && top > 5 * 10 ** (last - 1) ? Number(`1e${last}`) : to, some);
  });
  return axes.find(({ ticks }) => ticks.length >= 4 && ticks.length <= count + 1) ?? axes.find(({ ticks }) => ticks.length <= count + 1) ?? fine;
}
