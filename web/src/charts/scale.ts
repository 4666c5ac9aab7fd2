// How the values of a chart are written, and the ticks of its axis.
import type { BandData } from './data';
import { percent, thousands } from './format';

export interface Scale {
  /** what a value of the axis' 1 is: 0.01 for per cent, 1e18 for EH/s */
  unit: number;
  /** what the values are called in a readout */
  column: string;
  /** a value of the axis */
  tick(value: number): string;
  value(value: number): string;
  /** an interval around a value, whose unit it takes; bare: where that stands beside it */
  range(low: number, high: number, between: string, value: number, bare: boolean): string;
}

const prefixes: [string, number][] = [
  ['EH/s', 1e18],
  ['PH/s', 1e15],
  ['TH/s', 1e12],
  ['GH/s', 1e9],
  ['MH/s', 1e6],
  ['kH/s', 1e3],
];

function prefix(hashrate: number): [string, number] {
  return prefixes.find(([, unit]) => hashrate >= unit) ?? ['H/s', 1];
}

/** Three significant figures: "1.05", "32.7", "946", "1,050". */
function three(n: number): string {
  if (n === 0) return '0';
  return n >= 100 ? thousands(Number(n.toPrecision(3))) : n.toPrecision(3);
}

/** A plain number: whole from a hundred on, below it with as many of three figures as it has. */
function plain(n: number): string {
  return n >= 100 ? thousands(n) : String(Number(n.toPrecision(3)));
}

/** A tick is round but for what floating point adds to it. */
const round = (n: number) => (n >= 1000 ? thousands(n) : String(Number(n.toPrecision(3))));

const share: Scale = {
  unit: 0.01,
  column: 'share',
  tick: (value) => `${round(value)} %`,
  value: (value) => `${percent(value)} %`,
  range: (low, high, between) => `${percent(low)}${between}${percent(high)} %`,
};

const number: Scale = {
  unit: 1,
  column: 'value',
  tick: round,
  value: plain,
  range: (low, high, between) => `${plain(low)}${between}${plain(high)}`,
};

function hashrates(top: number, named: string): Scale {
  const [name, unit] = prefix(top);
  return {
    unit,
    column: 'hashrate',
    tick: (value) => (name === named ? round(value) : `${round(value)} ${name}`),
    value: (value) => `${three(value / prefix(value)[1])} ${prefix(value)[0]}`,
    range(low, high, between, value, bare) {
      const [name, unit] = prefix(value);
      return `${three(low / unit)}${between}${three(high / unit)}${bare ? '' : ` ${name}`}`;
    },
  };
}

/** The highest value chooses the unit of an axis of hashrates; in the figures it is left out if the title names it. */
export function scaleOf(kind: BandData['scale'], top: number, named: string): Scale {
  if (kind === 'share') return share;
  return kind === 'number' ? number : hashrates(top, named);
}

/** Ticks from zero to a highest value: three to `count` above zero, and little room above it; of whole numbers, none between. */
export function ticks(top: number, count: number, whole: boolean): { step: number; max: number } {
  const highest = top > 0 ? top : 1;
  const power = 10 ** Math.floor(Math.log10(highest / count));
  const steps = [1, 2, 2.5, 5, 10, 20].map((nice) => nice * power).filter((step) => !whole || (step >= 1 && Number.isInteger(step)));
  const fitting = (steps.length > 0 ? steps : [1])
    .map((step) => ({ step, number: Math.max(1, Math.ceil(highest / step - 1e-9)) }))
    .filter(({ number }) => number <= count)
    .map(({ step, number }) => ({ step, max: step * number }));
  const several = fitting.filter(({ step, max }) => max / step > 2.5);
  const [first = { step: highest, max: highest }, ...others] = several.length > 0 ? several : fitting;
  // the coarser one where two leave as little
  return others.reduce((best, other) => (other.max <= best.max * (1 + 1e-9) ? other : best), first);
}
