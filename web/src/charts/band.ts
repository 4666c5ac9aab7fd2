// One figure over time, as the share of a pool: a line, or steps where a span is wide enough to be seen to last, on the band
// of its 95 % interval and, where it is known, of what Unknown could change. The line is named at its end, with its latest
// value; levels to compare with are dashed. The axis begins at zero, or is logarithmic.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import type { Axis } from './axis';
import { drawnBand, drawnEnd, drawnLevels, drawnNothing } from './bandshapes';
import { describe, endWords, notes, readout } from './bandwords';
import type { BandData } from './data';
import type { ChartDefinition, View } from './definition';
import { common, frameBottom, frameTop } from './frame';
import type { Theme } from './palette';
import { axisFor, counts, reachOf, sane, scaleFor } from './reach';
import { endOf, ribbon, thinned } from './ribbon';
import type { Scale } from './scale';
import { layer, marks, marksTop, plotOf, spanAt, timeAxis, zoom, type Plot } from './timeline';

type Params = CustomSeriesRenderItemParams;
type Api = CustomSeriesRenderItemAPI;

/** Text is up to some 0.6 em a letter wide. */
const widthOf = (text: string, size: number) => text.length * size * 0.6;

/** Pixels beside the plot: for the figures of the axis, and for the words at the end of the line. */
function margins(data: BandData, axis: Axis, scale: Scale, { theme, width }: View) {
  const narrow = width < 500;
  const labels = axis.ticks.map((value) => widthOf(scale.tick(value), 12) + 14);
  const last = data.points.findLastIndex((point) => point.value !== null);
  const words = endWords(data, last, scale, theme).map(({ text, size }) => widthOf(text, size) + 18);
  return { left: Math.max(40, ...labels), right: Math.min(narrow ? Math.min(104, 0.3 * width) : 180, Math.max(narrow ? 16 : 24, ...words)) };
}

/** Whether there is nothing to draw. */
const empty = (data: BandData) => data.points.every((point) => point.value === null && (!data.bounds || (point.unknown_high ?? null) === null));

function layers(data: BandData, guides: BandData['guides'], axis: Axis, room: number, scale: Scale, theme: Theme) {
  const color = data.color[theme.name];
  const nothing = empty(data);
  const whole = data.steps ?? counts(data);
  // moving and zooming draw every layer anew, for the same plot
  let kept: { key: string; drawn: ReturnType<typeof ribbon> } | undefined;
  const drawn = (plot: Plot) => {
    const key = Object.values(plot).join();
    if (kept?.key !== key) kept = { key, drawn: ribbon(data, plot, axis, whole) };
    return kept.drawn;
  };
  const figure = (params: Params, api: Api) => drawnBand(drawn(plotOf(params, api)), color, theme);
  const levels = (params: Params, api: Api) => {
    const plot = plotOf(params, api);
    const y = (value: number) => Math.round(plot.y + plot.height * (1 - axis.at(value))) + 0.5;
    const lines = drawn(plot).lines.map(({ points }) => points);
    return drawnLevels(guides.map((guide) => ({ y: y(guide.value), word: guide.word, value: scale.tick(guide.value) })), lines, plot, theme);
  };
  const end = (params: Params, api: Api) => {
    const plot = plotOf(params, api);
    const { last } = drawn(plot);
    if (nothing) return drawnNothing(plot, theme);
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

/** The axis as ECharts has it: from 0 to 1, so that it need not know what lies where. */
function valueAxis(axis: Axis, scale: Scale, shown: boolean, theme: Theme) {
  const words = new Map(axis.ticks.map((tick) => [Math.min(1, axis.at(tick)), scale.tick(tick)]));
  const customValues = [...words.keys()];
  return {
    type: 'value',
    min: 0,
    max: 1,
    axisTick: { show: false, customValues },
    axisLabel: { show: shown, color: theme.muted, fontSize: 12, customValues, formatter: (at: number) => words.get(at) ?? '' },
    splitLine: { show: shown, lineStyle: { color: theme.rule } },
  };
}

function option(data: BandData, view: View) {
  const { theme, width, height } = view;
  const reach = reachOf(data);
  const scale = scaleFor(data, reach);
  const axis = axisFor(data, reach, height);
  const { left, right } = margins(data, axis, scale, view);
  const from = data.points[0]?.time ?? data.as_of.time - 86_400;
  // a block or two have no length of time to speak of
  const to = Math.max(from + 3_600, data.points.length > 0 ? endOf(data, data.points.length - 1) : data.as_of.time);
  const times = timeAxis(from, to, view);
  const noted = notes(data, width < 500);
  return {
    ...common(data, view, describe(data), noted),
    grid: { left, right, top: frameTop(data, view, noted) + marksTop(data.markers), bottom: frameBottom + 28, containLabel: false },
    xAxis: data.points.length > 0 ? times : { ...times, axisTick: { show: false }, axisLabel: { show: false } },
    yAxis: valueAxis(axis, scale, !empty(data), theme),
    dataZoom: zoom(view),
    series: layers(data, reach.guides, axis, (right - 12) * 0.92, scale, theme),
  };
}

export const band: ChartDefinition<BandData> = {
  zooms: true,
  describe,
  simplify: (data, width, visible) => thinned(sane(data), width - 160, visible && { from: visible.from / 1000, to: visible.to / 1000 }),
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
