// How the values of a chart are written.
import type { BandData } from './data';
import { percent, thousands } from './format';

export interface Scale {
  /** what the values are called in a readout */
  column: string;
  /** at a tick of the axis */
  tick(value: number): string;
  value(value: number): string;
  /** the same in the picture, where room is scarce */
  short(value: number): string;
  /** an interval around a value, whose unit it takes; bare: in the picture, where that stands beside it */
  range(low: number, high: number, between: string, value: number, bare?: boolean): string;
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

const powers: { unit: number; word: string; short: string }[] = [
  { unit: 1e12, word: 'trillion', short: 'tn' },
  { unit: 1e9, word: 'billion', short: 'bn' },
  { unit: 1e6, word: 'million', short: 'mn' },
];

/** Beyond what has a name that is known. */
const unnamed = (n: number) => n >= 1e15 || (n < 1e-6 && n > 0);

/** "10¹⁵", "4.56 × 10¹⁸" */
function raised(n: number): string {
  const [factor = '', power = ''] = n.toExponential(2).split('e');
  const digits = String(Number(power)).replace(/./g, (c) => (c === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)] ?? c)));
  return `${Number(factor) === 1 ? '' : `${Number(factor)} × `}10${digits}`;
}

/** Three significant figures: "1.05", "32.7", "946", "1,050". */
function three(n: number): string {
  if (n === 0) return '0';
  if (unnamed(n)) return raised(n);
  return n >= 100 ? thousands(Number(n.toPrecision(3))) : n.toPrecision(3);
}

/** A plain number: of a million on with four figures, whole from `whole` on, below it with as many of three figures as it has. */
function plain(n: number, whole: number, name: 'word' | 'short'): string {
  if (unnamed(n)) return raised(n);
  // what is written as a thousand millions is a billion
  const power = powers.find(({ unit }) => n >= unit * 0.99995);
  if (power) return `${Number((n / power.unit).toPrecision(4))} ${power[name]}`;
  return n >= whole ? thousands(n) : String(Number(n.toPrecision(3)));
}

/** A tick is round but for what floating point adds to it. */
const round = (n: number) => plain(n, 1000, 'short');

const share: Scale = {
  column: 'share',
  tick: (value) => `${round(value * 100)} %`,
  value: (value) => `${percent(value)} %`,
  short: (value) => `${percent(value)} %`,
  range: (low, high, between) => `${percent(low)}${between}${percent(high)} %`,
};

const number: Scale = {
  column: 'value',
  tick: round,
  value: (value) => plain(value, 100, 'word'),
  short: (value) => plain(value, 100, 'short'),
  range(low, high, between, _value, bare) {
    const name = bare ? 'short' : 'word';
    return `${plain(low, 100, name)}${between}${plain(high, 100, name)}`;
  },
};

function hashrates(least: number, top: number, named: string): Scale {
  const [name, unit] = prefix(top);
  const several = prefix(least)[0] !== name;
  const value = (value: number) => `${three(value / prefix(value)[1])} ${prefix(value)[0]}`;
  return {
    column: 'hashrate',
    tick(value) {
      if (several) return `${round(value / prefix(value)[1])} ${prefix(value)[0]}`;
      return name === named ? round(value / unit) : `${round(value / unit)} ${name}`;
    },
    value,
    short: value,
    range(low, high, between, value, bare) {
      // zero has no unit to take
      const [name, unit] = prefix(value || high);
      const named = bare && name === prefix(value)[0] ? '' : ` ${name}`;
      return `${three(low / unit)}${between}${three(high / unit)}${named}`;
    },
  };
}

/**
 * The highest value chooses the unit of an axis of hashrates, where the least one has none of its own; in the figures it is
 * left out if the title names it.
 */
export function scaleOf(kind: BandData['scale'], { least, top }: { least: number; top: number }, named: string): Scale {
  if (kind === 'share') return share;
  return kind === 'number' ? number : hashrates(least, top, named);
}
