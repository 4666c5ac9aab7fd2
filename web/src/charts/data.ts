// The shapes of the data behind the charts, as the server sends them at /charts/<name>.json.
// Numbers and names only: what is drawn from them is decided in the chart definitions.

/** Where a data set comes from; shown with every picture of it. */
export type Provenance = 'verified' | 'published' | 'simulated';

export type Kind = 'pool' | 'group' | 'owner' | 'others' | 'unknown';

/** Whether it stands for somebody with a name. */
export const isNamed = (kind: Kind) => kind !== 'others' && kind !== 'unknown';

export interface Colour {
  light: string;
  dark: string;
}

export interface Head {
  title: string;
  unit: string;
  data: Provenance;
  /** the block up to which the data go; of what is as of no block, the day: without a height; time in Unix seconds */
  as_of: { height: number | null; hash: string; time: number };
  /** what it is of, where that is neither a block nor a day */
  said?: string;
  source: string;
}

export interface SharesData extends Head {
  name: 'shares';
  /** in the order to be drawn: shares descending, then others, then unknown; shares from 0 to 1 */
  items: {
    id: string;
    kind: Kind;
    name: string;
    blocks: number;
    share: number;
    low: number;
    high: number;
    color: Colour;
  }[];
}

export interface HistoryData extends Head {
  name: 'history';
  /** consecutive spans of time, each beginning at `time` and ending where the next begins, the last at as_of.time */
  buckets: { time: number; from_height: number; to_height: number; blocks: number }[];
  /** one number of blocks for each bucket; order: pools descending, then others, then unknown */
  series: { id: string; kind: Kind; name: string; color: Colour; blocks: number[] }[];
  markers: Marker[];
}

/** The names that charts of one figure over time have in URLs; index.ts lists them. */
export type BandName = 'pool' | 'index' | 'hashrate' | 'difficulty' | 'hashprice' | 'published' | 'disclosed' | 'attack' | 'pivots' | 'scenario';

/**
 * One figure over time with its interval: of a pool its share; as well an index, a hashrate, a difficulty. No value is below
 * zero; what is, or is no number, counts as none.
 */
export interface BandData extends Head {
  name: BandName;
  /**
   * what a value is: a part of one (shown as %), a plain number, or hashes per second (shown with a unit). Whole numbers below a
   * hundred are drawn as steps.
   */
  scale: 'share' | 'number' | 'hashrate';
  /** a logarithmic axis, which never begins at zero: what is zero is cut at its lower edge */
  log?: true;
  /**
   * the axis reaches at least this, so that charts side by side share one. The values and their intervals may take it further,
   * the bounds below do not.
   */
  top?: number;
  /** each value is of a window that ends with its point, and not of the span up to the next */
  rolling?: true;
  /** each value holds from its time until the next: drawn as steps, however narrow */
  steps?: true;
  /** what low and high are bounds of; where it is left out, they are a 95 % interval */
  interval?: string;
  /** points tell what Unknown could change */
  bounds?: true;
  /** what the bounds suppose, if not something of Unknown */
  supposes?: string;
  /** consecutive spans of time, each beginning at `time` and ending where the next begins, the last at as_of.time; null: none */
  points: BandPoint[];
  /** what the line is, as a pool's name */
  series: string;
  color: Colour;
  /** levels to compare with, as 1800 'concentrated' */
  guides: { value: number; word: string }[];
  markers: Marker[];
}

export interface BandPoint {
  time: number;
  /** where it ends, if not where the next begins: set where the points in between have been left out */
  until?: number;
  from_height: number;
  to_height: number;
  /** none where it is not known how many */
  blocks: number;
  /** how many of these are meant, where the value is a share */
  found?: number;
  /** the span is a month that is not whole, as that of the first and of the last block often is */
  partial?: boolean;
  value: number | null;
  low: number | null;
  high: number | null;
  /** the least and the greatest that the value is, were the blocks of Unknown all of different miners, or all of the largest */
  unknown_low?: number | null;
  unknown_high?: number | null;
}

/** An event, as a halving. */
export interface Marker {
  time: number;
  word: string;
}

/** A cost by how much is bought, with its range. */
export interface CurveData extends Head {
  name: 'supply';
  /** the unit along the axis */
  across: string;
  series: string;
  color: Colour;
  /** rising in x, the first at 0 */
  points: { x: number; low: number; value: number; high: number }[];
  /** what lies at some x */
  guides: { x: number; word: string; strong: boolean }[];
}

export type ChartData = SharesData | HistoryData | BandData | CurveData;
