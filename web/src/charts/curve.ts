// A cost by how much is bought: a line on the band of its range over a plain axis, with what lies at some amounts as thin upright
// lines with a word. Both axes begin at zero.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import type { CurveData } from './data';
import type { ChartDefinition, View } from './definition';
import { thousands } from './format';
import { asOf, common, frameBottom, frameTop } from './frame';
import { font, type Theme } from './palette';

type Point = CurveData['points'][number];

const three = (n: number) => (n >= 100 ? thousands(Number(n.toPrecision(3))) : String(Number(n.toPrecision(3))));
const range = (point: Point, between: string) => `${three(point.low)}${between}${three(point.high)}`;

const NOTES = ['Band: all parameters at their ends together'];

function describe(data: CurveData): string {
  const last = data.points[data.points.length - 1];
  const told = (point: Point) => `${three(point.value)} (${range(point, ' to ')}) at ${three(point.x)} ${data.across}`;
  const words = data.guides.filter((guide) => guide.strong).map((guide) => guide.word);
  const at = data.guides.filter((guide) => guide.strong).map((guide) => nearest(data, guide.x)).flatMap((i) => data.points[i] ?? []);
  return [
    `${data.title}, ${asOf(data).replace('As', 'as')}, in ${data.unit}.`,
    last ? [...at, last].map(told).join('; ') + '.' : 'No value.',
    ...(words.length > 0 ? [`Marked: ${words.join(', ')}.`] : []),
    `Data: ${data.data}.`,
  ].join(' ');
}

/** The point nearest to an amount. */
function nearest(data: CurveData, x: number): number {
  return data.points.reduce((best, point, i) => (Math.abs(point.x - x) < Math.abs((data.points[best]?.x ?? Infinity) - x) ? i : best), 0);
}

function drawn(data: CurveData, theme: Theme) {
  const color = data.color[theme.name];
  return (_params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const at = (x: number, y: number) => api.coord([x, y]) as [number, number];
    const line = data.points.map((point) => at(point.x, point.value));
    const band = [...data.points.map((point) => at(point.x, point.high)), ...[...data.points].reverse().map((point) => at(point.x, point.low))];
    return {
      type: 'group' as const,
      children: [
        { type: 'polygon' as const, shape: { points: band }, style: { fill: color, fillOpacity: theme.name === 'dark' ? 0.32 : 0.22 } },
        { type: 'polyline' as const, shape: { points: line }, style: { stroke: color, fill: 'none', lineWidth: 2 } },
      ],
    };
  };
}

/** Upright lines. A word that would run into one before it, or into a strong line, is left out; the strong ones have theirs a line higher. */
function guides(data: CurveData, top: number, theme: Theme) {
  return (_params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const taken = [-Infinity, -Infinity];
    const strong = data.guides.filter((guide) => guide.strong).map((guide) => (api.coord([guide.x, 0]) as [number, number])[0]);
    const children = data.guides
      .filter((guide) => guide.x <= (data.points[data.points.length - 1]?.x ?? 0))
      .flatMap((guide) => {
        const x = Math.round((api.coord([guide.x, 0]) as [number, number])[0]) + 0.5;
        const [, foot] = api.coord([guide.x, 0]) as [number, number];
        const row = guide.strong ? 1 : 0;
        const line = {
          type: 'line' as const,
          shape: { x1: x, x2: x, y1: top - 2 - row * 14, y2: foot },
          style: { stroke: guide.strong ? theme.text : theme.muted, lineWidth: 1, lineDash: guide.strong ? undefined : [4, 4] },
        };
        const half = guide.word.length * 3 + 4;
        const crossed = !guide.strong && strong.some((other) => Math.abs(other - x) < half);
        if (crossed || x - half < (taken[row] ?? 0)) return [line];
        taken[row] = x + half;
        const style = { x, y: top - 4 - row * 14, text: guide.word, fill: guide.strong ? theme.text : theme.muted, fontSize: 11, fontFamily: font };
        return [line, { type: 'text' as const, style: { ...style, align: 'center' as const, verticalAlign: 'bottom' as const } }];
      });
    return { type: 'group' as const, children };
  };
}

const layer = (renderItem: unknown) => ({ type: 'custom', silent: true, clip: false, data: [[0, 0]], renderItem });

function option(data: CurveData, view: View) {
  const { theme, width } = view;
  const narrow = width < 500;
  const top = frameTop(data, view, NOTES) + 26;
  const far = data.points[data.points.length - 1]?.x ?? 1;
  const label = { color: theme.muted, fontSize: 12 };
  const ends = { axisLine: { lineStyle: { color: theme.axis } }, axisTick: { show: false } };
  return {
    ...common(data, view, describe(data), NOTES),
    grid: { left: 48, right: narrow ? 16 : 24, top, bottom: frameBottom + 44, containLabel: false },
    xAxis: {
      type: 'value',
      min: 0,
      max: far,
      name: `${data.across} from outside`,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: label,
      splitNumber: narrow ? 3 : 8,
      splitLine: { show: false },
      axisLabel: { ...label, showMaxLabel: false, formatter: (value: number) => thousands(value) },
      ...ends,
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: Math.max(1e-9, ...data.points.map((point) => point.high)) * 1.02,
      splitNumber: 4,
      splitLine: { showMaxLine: false, lineStyle: { color: theme.rule } },
      axisLabel: { ...label, showMaxLabel: false, formatter: (value: number) => three(value) },
      axisTick: { show: false },
    },
    series: [layer(drawn(data, theme)), layer(guides(data, top, theme))],
  };
}

export const curve: ChartDefinition<CurveData> = {
  zooms: false,
  describe,
  simplify: (data) => data,
  option,
  extent: (data) => ({ places: data.points.length, series: 1 }),
  start: (data) => ({ at: nearest(data, data.guides.find((guide) => guide.strong)?.x ?? 0), series: 0 }),
  find(data, x) {
    const last = data.points[data.points.length - 1];
    return last && x >= 0 && x <= last.x ? { at: nearest(data, x), series: 0 } : null;
  },
  span(data, place) {
    const x = data.points[place.at]?.x ?? 0;
    const half = ((data.points[1]?.x ?? 0) - (data.points[0]?.x ?? 0)) / 2;
    return { axis: 'x', from: Math.max(0, x - half), to: x + half };
  },
  readout(data, place, { theme }) {
    const point = data.points[place.at];
    if (!point) return { heading: '', columns: [], rows: [], spoken: '' };
    const heading = `${three(point.x)} ${data.across} from outside`;
    const cells = [`${three(point.value)} ${data.unit}`, range(point, ' – ')];
    return {
      heading,
      columns: ['cost', 'low – high'],
      rows: [{ name: data.series, cells, colour: data.color[theme.name], current: true }],
      spoken: `${heading}: ${three(point.value)} ${data.unit}, ${range(point, ' to ')}`,
    };
  },
};
