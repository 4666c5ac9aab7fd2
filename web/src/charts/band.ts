// One figure over time, as the share of a pool: a line, or steps where a span is wide enough to be seen to last, on the band
// of its 95 % interval. The line is named at its end, with its latest value; levels to compare with are dashed.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import { drawnBand, drawnEnd, drawnLevels, drawnNothing, type Words } from './bandshapes';
import type { BandData, BandPoint } from './data';
import type { ChartDefinition, Place, Readout, View } from './definition';
import { day, minute, thousands } from './format';
import { common, frameBottom, frameTop } from './frame';
import type { Theme } from './palette';
import { endOf, ribbon, thinned } from './ribbon';
import { scaleOf, ticks, type Scale } from './scale';
import { layer, marks, marksTop, plotOf, spanAt, timeAxis, zoom, type Plot } from './timeline';

type Params = CustomSeriesRenderItemParams;
type Api = CustomSeriesRenderItemAPI;

const most = (numbers: (number | null)[]) => numbers.reduce((a: number, b) => Math.max(a, b ?? 0), 0);

/**
 * What the axis has to reach: every value, and the interval of every span but those with few blocks, as the newest, which has
 * just begun: theirs is so wide that beside it the others would be a line. A level is drawn where it is not far above.
 */
function topOf(data: BandData): { top: number; guides: BandData['guides'] } {
  const enough = most(data.points.map((point) => point.blocks)) / 2;
  const full = data.points.filter((point) => point.blocks >= enough);
  const top = Math.max(most(data.points.map((point) => point.value)), most(full.map((point) => point.high)));
  const guides = data.guides.filter((guide) => guide.value <= 2 * top).sort((a, b) => a.value - b.value);
  return { top: Math.max(top, most(guides.map((guide) => guide.value))), guides };
}

const scaleFor = (data: BandData, top = topOf(data).top) => scaleOf(data.scale, top, data.unit);

const interval = ({ value, low, high }: BandPoint, scale: Scale, between: string, bare = false) =>
  low === null || high === null ? '' : scale.range(low, high, between, value ?? high, bare);

/** Why there is no value. */
const without = (point: BandPoint) => (point.blocks === 0 ? 'no block' : 'no value');

const valueOf = (point: BandPoint, scale: Scale) => (point.value === null ? without(point) : scale.value(point.value));

function dates(data: BandData, i: number): string {
  const [from, to] = [day(data.points[i]?.time ?? 0), day(endOf(data, i))];
  return from === to ? `on ${from}` : `from ${from} to ${to}`;
}

function describe(data: BandData): string {
  const { top, guides } = topOf(data);
  const scale = scaleFor(data, top);
  const known = data.points.flatMap((point, i) => (point.value === null ? [] : [{ point, value: point.value, i }]));
  const [first, last] = [known[0], known[known.length - 1]];
  const begin = data.points[0] ? `from ${day(data.points[0].time)} to ${day(data.as_of.time)}, ` : '';
  const head = `${data.title}, ${begin}as of block ${thousands(data.as_of.height)}. ${data.series}: `;
  if (!first || !last) return `${head}no value in this window. Data: ${data.data}.`;
  const told = ({ point, i }: { point: BandPoint; i: number }) => {
    const range = interval(point, scale, ' to ');
    return `${valueOf(point, scale)}${range ? ` (${range})` : ''} ${dates(data, i)}`;
  };
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a));
  const highest = known.reduce((a, b) => (b.value > a.value ? b : a));
  const all = `first ${told(first)}; latest ${told(last)}; lowest ${told(lowest)}; highest ${told(highest)}`;
  const levels = guides.map((guide) => `${guide.word} ${scale.tick(guide.value / scale.unit)}`).join(', ');
  return (
    `${head}${first === last ? told(last) : all}. ${levels ? `Levels marked: ${levels}. ` : ''}` +
    `${known.some(({ point }) => interval(point, scale, '')) ? '95 % intervals in parentheses. ' : ''}Data: ${data.data}.`
  );
}

/** What stands at the end of the line: the value, its interval, whose it is; and until when, if that is not the newest. */
function endWords(data: BandData, at: number, scale: Scale, theme: Theme): Words[] {
  const point = data.points[at];
  if (!point || point.value === null) return [];
  const range = interval(point, scale, ' – ', true);
  return [
    { text: scale.value(point.value), size: 15, fill: theme.text, bold: true },
    ...(range ? [{ text: range, size: 12, fill: theme.muted }] : []),
    { text: data.series, size: 12, fill: theme.text },
    ...(at < data.points.length - 1 ? [{ text: `to ${day(endOf(data, at))}`, size: 12, fill: theme.muted }] : []),
  ];
}

/** Text is up to some 0.6 em a letter wide. */
const widthOf = (text: string, size: number) => text.length * size * 0.6;

/** Pixels beside the plot: for the figures of the axis, and for the words at the end of the line. */
function margins(data: BandData, axis: { step: number; max: number }, scale: Scale, { theme, width }: View) {
  const narrow = width < 500;
  const labels = [axis.max, axis.max - axis.step].map((value) => widthOf(scale.tick(value), 12) + 14);
  const last = data.points.findLastIndex((point) => point.value !== null);
  const words = endWords(data, last, scale, theme).map(({ text, size }) => widthOf(text, size) + 18);
  return { left: Math.max(40, ...labels), right: Math.min(narrow ? 104 : 180, Math.max(narrow ? 16 : 24, ...words)) };
}

function note(data: BandData, narrow: boolean): string {
  if (!data.points.some((point) => point.low !== null)) return '';
  return narrow ? '. Band: 95 %' : `. Band: 95 % interval; each span: up to ${thousands(most(data.points.map((point) => point.blocks)))} blocks`;
}

function layers(data: BandData, guides: BandData['guides'], max: number, room: number, scale: Scale, theme: Theme) {
  const color = data.color[theme.name];
  const empty = data.points.every((point) => point.value === null);
  // moving and zooming draw every layer anew, for the same plot
  let kept: { key: string; drawn: ReturnType<typeof ribbon> } | undefined;
  const drawn = (plot: Plot) => {
    const key = Object.values(plot).join();
    if (kept?.key !== key) kept = { key, drawn: ribbon(data, plot, max * scale.unit) };
    return kept.drawn;
  };
  const figure = (params: Params, api: Api) => drawnBand(drawn(plotOf(params, api)), color, theme);
  const levels = (params: Params, api: Api) => {
    const plot = plotOf(params, api);
    const y = (value: number) => Math.round(plot.y + plot.height * (1 - value / scale.unit / max)) + 0.5;
    const text = (guide: BandData['guides'][number]) => `${guide.word} (${scale.tick(guide.value / scale.unit)})`;
    return drawnLevels(guides.map((guide) => ({ y: y(guide.value), text: text(guide) })), drawn(plot).lines, plot, theme);
  };
  const end = (params: Params, api: Api) => {
    const plot = plotOf(params, api);
    const { last } = drawn(plot);
    if (empty) return drawnNothing(plot, theme);
    return last ? drawnEnd(endWords(data, last.at, scale, theme), last, plot, room, color, theme) : { type: 'group' as const, children: [] };
  };
  const from = data.points[0]?.time ?? 0;
  return [
    // clipped with room for the width of the line, which else would be half as thick on the axis
    { ...layer(figure, true, from), lineStyle: { width: 4 } },
    layer(levels, false, from),
    layer(marks(data.markers, theme), false, from),
    layer(end, false, from),
  ];
}

function option(data: BandData, view: View) {
  const { theme, width, height } = view;
  const { top, guides } = topOf(data);
  const scale = scaleFor(data, top);
  const values = data.points.flatMap((point) => point.value ?? []);
  const axis = ticks(top / scale.unit, Math.max(4, Math.min(8, Math.floor(height / 50))), data.scale === 'number' && values.every(Number.isInteger));
  const { left, right } = margins(data, axis, scale, view);
  const from = data.points[0]?.time ?? data.as_of.time - 86_400;
  // a block or two have no length of time to speak of
  const to = Math.max(from + 3_600, data.points.length > 0 ? endOf(data, data.points.length - 1) : data.as_of.time);
  const times = timeAxis(from, to, view);
  return {
    ...common(data, view, describe(data), note(data, width < 500)),
    grid: { left, right, top: frameTop(data, view) + marksTop(data.markers), bottom: frameBottom + 28, containLabel: false },
    xAxis: data.points.length > 0 ? times : { ...times, axisTick: { show: false }, axisLabel: { show: false } },
    yAxis: {
      type: 'value',
      min: 0,
      max: axis.max,
      interval: axis.step,
      axisLabel: { show: values.length > 0, color: theme.muted, fontSize: 12, formatter: scale.tick },
      splitLine: { show: values.length > 0, lineStyle: { color: theme.rule } },
    },
    dataZoom: zoom(view),
    series: layers(data, guides, axis.max, (right - 12) * 0.92, scale, theme),
  };
}

function readout(data: BandData, place: Place, { theme }: Pick<View, 'theme'>): Readout {
  const point = data.points[place.at];
  if (!point) return { heading: '', columns: [], rows: [], spoken: '' };
  const scale = scaleFor(data);
  const value = valueOf(point, scale);
  const times = `${minute(point.time)} to ${minute(endOf(data, place.at))}`;
  const heading = point.blocks === 0 ? times : `${times}, blocks ${thousands(point.from_height)} to ${thousands(point.to_height)}`;
  const blocks = `${thousands(point.blocks)} ${point.blocks === 1 ? 'block' : 'blocks'}`;
  const found = point.found === undefined ? '' : `${thousands(point.found)} of `;
  const spoken = [value, ...(interval(point, scale, '') ? [`95 % interval ${interval(point, scale, ' to ')}`] : []), `${found || 'of '}${blocks}`].join(', ');
  return {
    heading,
    columns: [scale.column, '95 % interval', 'blocks'],
    rows: [
      {
        name: data.series,
        cells: [value, interval(point, scale, ' – ') || '–', `${found}${thousands(point.blocks)}`],
        colour: data.color[theme.name],
        current: true,
      },
    ],
    spoken: `${data.series}: ${spoken}. ${heading}`,
  };
}

export const band: ChartDefinition<BandData> = {
  zooms: true,
  describe,
  simplify: (data, width, visible) => thinned(data, width - 160, visible && { from: visible.from / 1000, to: visible.to / 1000 }),
  option,
  extent: (data) => ({ places: data.points.length, series: 1 }),
  start: (data) => ({ at: Math.max(0, data.points.length - 1), series: 0 }),
  find(data, x) {
    const first = data.points[0];
    const time = x / 1000;
    if (!first || time < first.time || time > endOf(data, data.points.length - 1)) return null;
    return { at: spanAt(data.points, time), series: 0 };
  },
  span: (data, place) => ({ axis: 'x', from: (data.points[place.at]?.time ?? 0) * 1000, to: endOf(data, place.at) * 1000 }),
  readout,
};
