// What a band chart says in words: of the whole picture, of one span, and at the end of its line.
import type { BandData, BandPoint } from './data';
import type { Place, Readout, View } from './definition';
import { day, minute, thousands } from './format';
import { asOf } from './frame';
import type { Theme } from './palette';
import { most, reachOf, scaleFor } from './reach';
import { endOf } from './ribbon';
import type { Scale } from './scale';

/** What one figure is, with another around it; nothing where that is not known. */
function range(low: number | null | undefined, high: number | null | undefined, value: number | null, scale: Scale, between: string, bare = false): string {
  return (low ?? null) === null || (high ?? null) === null ? '' : scale.range(low ?? 0, high ?? 0, between, value ?? high ?? 0, bare);
}

const interval = (point: BandPoint, scale: Scale, between: string, bare = false) => range(point.low, point.high, point.value, scale, between, bare);

const bounds = (point: BandPoint, scale: Scale, between: string) => range(point.unknown_low, point.unknown_high, point.value, scale, between);

const hasInterval = (data: BandData) => data.points.some((point) => point.low !== null && point.high !== null);

/** What the bounds suppose. */
const supposed = (data: BandData) => data.supposes ?? "if Unknown is spread out or the largest's";

const PARTIAL = 'part of a month';

/** What kind of axis it is, where that has to be said: zero has no place on a logarithmic one. */
const axisWords = (data: BandData) => `Logarithmic axis${data.points.some((point) => point.value === 0) ? ', zero at its lower edge' : ''}`;

/** Why there is no value. */
const without = (data: BandData, point: BandPoint) => (point.blocks === 0 && ofBlocks(data) ? 'no block' : 'no value');

/** Whether its spans are of blocks at all: what others disclosed is not. */
const ofBlocks = (data: BandData) => data.as_of.height !== null;

const valueOf = (data: BandData, point: BandPoint, scale: Scale) => (point.value === null ? without(data, point) : scale.value(point.value));

function dates(data: BandData, i: number): string {
  const [from, to] = [day(data.points[i]?.time ?? 0), day(endOf(data, i))];
  return from === to ? `on ${from}` : `from ${from} to ${to}`;
}

/** What the whole picture shows. */
export function describe(data: BandData): string {
  const reach = reachOf(data);
  const scale = scaleFor(data, reach);
  const known = data.points.flatMap((point, i) => (point.value === null ? [] : [{ point, value: point.value, i }]));
  const [first, last] = [known[0], known[known.length - 1]];
  const begin = data.points[0] ? `from ${day(data.points[0].time)} to ${day(data.as_of.time)}, ` : '';
  const head = `${data.title}, ${begin}${asOf(data).replace('As', 'as')}. ${data.series}: `;
  if (!first || !last) return `${head}no value in this window. Data: ${data.data}.`;
  const told = ({ point, i }: { point: BandPoint; i: number }) => {
    const range = interval(point, scale, ' to ');
    return `${valueOf(data, point, scale)}${range ? ` (${range})` : ''} ${dates(data, i)}${point.partial ? `, ${PARTIAL}` : ''}`;
  };
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a));
  const highest = known.reduce((a, b) => (b.value > a.value ? b : a));
  const all = `first ${told(first)}; latest ${told(last)}; lowest ${told(lowest)}; highest ${told(highest)}`;
  const levels = reach.guides.map((guide) => `${guide.word} ${scale.tick(guide.value)}`).join(', ');
  const unknown = data.bounds ? bounds(last.point, scale, ' to ') : '';
  return [
    `${head}${first === last ? told(last) : all}.`,
    ...(levels ? [`Levels marked: ${levels}.`] : []),
    ...(hasInterval(data) ? [data.interval ? `In parentheses: ${data.interval}.` : '95 % intervals in parentheses.'] : []),
    ...(unknown ? [`Hatched: ${supposed(data)}; for the latest value ${unknown}.`] : []),
    ...(data.log ? [`${axisWords(data)}.`] : []),
    `Data: ${data.data}.`,
  ].join(' ');
}

/** What has to be known to read the picture, beside the as-of block. */
export function notes(data: BandData, narrow: boolean): string[] {
  const blocks = most(data.points.map((point) => point.blocks));
  const spans = blocks > 0 ? `; each span: up to ${thousands(blocks)} blocks` : '';
  return [
    // said of one that has none, too: beside others that have some their plots are level
    ...(data.interval ? [`Band: ${data.interval}`] : []),
    ...(hasInterval(data) && !data.interval ? [narrow ? 'Band: 95 %' : `Band: 95 % interval${spans}`] : []),
    ...(data.bounds ? [`Hatched: ${narrow && !data.supposes ? 'what Unknown could change' : supposed(data)}`] : []),
    ...(data.log ? [axisWords(data)] : []),
    // where there is little room, the end of the line says it
    ...(!narrow && data.points.some((point) => point.partial) ? [`Dashed: ${PARTIAL}`] : []),
  ];
}

export interface Words {
  text: string;
  size: number;
  fill: string;
  bold?: boolean;
}

/** What stands at the end of the line: the value, its interval, whose it is; and until when, if that is not the newest. */
export function endWords(data: BandData, at: number, scale: Scale, theme: Theme): Words[] {
  const point = data.points[at];
  if (!point || point.value === null) return [];
  const range = interval(point, scale, ' – ', true);
  return [
    { text: scale.short(point.value), size: 15, fill: theme.text, bold: true },
    ...(range ? [{ text: range, size: 12, fill: theme.muted }] : []),
    { text: data.series, size: 12, fill: theme.text },
    ...(point.partial ? [{ text: PARTIAL, size: 12, fill: theme.muted }] : []),
    ...(at < data.points.length - 1 ? [{ text: `to ${day(endOf(data, at))}`, size: 12, fill: theme.muted }] : []),
  ];
}

/** What there is to say of one span. */
export function readout(data: BandData, place: Place, { theme }: Pick<View, 'theme'>): Readout {
  const point = data.points[place.at];
  if (!point) return { heading: '', columns: [], rows: [], spoken: '' };
  const scale = scaleFor(data);
  const value = valueOf(data, point, scale);
  // what is of a window that moves holds as of its last block
  const times = data.rolling ? `As of ${minute(point.time)}` : `${minute(point.time)} to ${minute(endOf(data, place.at))}`;
  const heights = point.blocks === 0 ? '' : `, blocks ${thousands(point.from_height)} to ${thousands(point.to_height)}`;
  const heading = `${times}${heights}${point.partial ? `, ${PARTIAL}` : ''}`;
  const blocks = `${thousands(point.blocks)} ${point.blocks === 1 ? 'block' : 'blocks'}`;
  const found = point.found === undefined ? '' : `${thousands(point.found)} of `;
  // no column that says nothing in any span
  const cells = [
    { column: scale.column, cell: value },
    ...(hasInterval(data) ? [{ column: data.interval ?? '95 % interval', cell: interval(point, scale, ' – ') || '–' }] : []),
    ...(data.bounds ? [{ column: supposed(data), cell: bounds(point, scale, ' – ') || '–' }] : []),
    ...(data.points.some((point) => point.blocks > 0) ? [{ column: 'blocks', cell: `${found}${thousands(point.blocks)}` }] : []),
  ];
  const spoken = [
    value,
    ...(interval(point, scale, '') ? [`${data.interval ?? '95 % interval'} ${interval(point, scale, ' to ')}`] : []),
    ...(data.bounds && bounds(point, scale, '') ? [`${bounds(point, scale, ' to ')} ${supposed(data)}`] : []),
    ...(ofBlocks(data) && (point.blocks > 0 || found || point.value === null) ? [`${found || 'of '}${blocks}`] : []),
  ];
  return {
    heading,
    columns: cells.map(({ column }) => column),
    rows: [{ name: data.series, cells: cells.map(({ cell }) => cell), colour: data.color[theme.name], current: true }],
    spoken: `${data.series}: ${spoken.join(', ')}. ${heading}`,
  };
}
