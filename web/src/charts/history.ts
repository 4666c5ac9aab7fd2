// Who mined, over time: the share of blocks of each pool in consecutive spans, stacked to 100 %. Unknown is the top band,
// hatched. The bands are named at the right edge; events stand as thin lines with a word.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import { type HistoryData, isNamed } from './data';
import type { ChartDefinition, Place } from './definition';
import { day, minute, percent, spoken, thousands, wilson } from './format';
import { common, fit, frameBottom, frameTop, hatch, until } from './frame';
import { bands, labels, merged } from './stack';
import { layer, marks, marksTop, plotOf, spanAt, spanEnd, timeAxis, zoom } from './timeline';

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

const endOf = (data: HistoryData, i: number) => spanEnd(data.buckets, i, data.as_of.time);

/** Names without the word that most begin with (as on simulated chains), for where there is little room. */
function apart(names: string[]): string[] {
  const word = names[0]?.split(' ')[0] ?? '';
  const begins = names.filter((name) => name.startsWith(`${word} `)).length;
  return begins >= Math.max(3, names.length / 2) ? names.map((name) => name.replace(`${word} `, '')) : names;
}

function describe(data: HistoryData): string {
  const first = data.buckets[0];
  const total = sum(data.buckets.map((bucket) => bucket.blocks));
  const leaders = data.series
    .filter((series) => isNamed(series.kind))
    .map((series) => ({ name: series.name, share: total > 0 ? sum(series.blocks) / total : 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  return (
    `${data.title}, from ${first ? day(first.time) : 'no block'} to ${day(data.as_of.time)}, as of ${until(data.as_of)}. ` +
    `Over the whole span: ${leaders.map((leader) => `${leader.name} ${percent(leader.share)} %`).join(', ')}. Data: ${data.data}.`
  );
}

export const history: ChartDefinition<HistoryData> = {
  zooms: true,
  describe,
  simplify: (data, width, visible) => merged(data, width - 200, visible && { from: visible.from / 1000, to: visible.to / 1000 }),

  option(data, view) {
    const { theme, width } = view;
    const narrow = width < 500;
    const longest = Math.max(0, ...data.buckets.map((bucket) => bucket.blocks));
    const right = narrow ? 92 : 160;
    const names = narrow ? apart(data.series.map((series) => series.name)) : data.series.map((series) => series.name);
    const fill = (index: number) => {
      const series = data.series[index];
      return !series || series.kind === 'unknown' ? theme.surface : series.color[theme.name];
    };

    const area = (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => ({
      type: 'group' as const,
      children: bands(data, plotOf(params, api)).map((band) => {
        const unknown = data.series[band.series]?.kind === 'unknown';
        return {
          type: 'polygon' as const,
          shape: { points: band.points },
          // the thin edge in the surface colour keeps neighbours apart, also two greys
          style: { fill: fill(band.series), stroke: theme.surface, lineWidth: 0.6, decal: unknown ? hatch(theme) : undefined },
        };
      }),
    });

    const legend = (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const plot = plotOf(params, api);
      const edge = plot.x + plot.width;
      return {
        type: 'group' as const,
        children: labels(bands(data, plot), plot, 16).flatMap(({ series, y }) => {
          const unknown = data.series[series]?.kind === 'unknown';
          return [
            {
              type: 'rect' as const,
              shape: { x: edge + 8, y: y - 5, width: 10, height: 10 },
              style: { fill: fill(series), stroke: unknown ? theme.axis : undefined, decal: unknown ? hatch(theme) : undefined },
            },
            {
              type: 'text' as const,
              style: {
                x: edge + 24,
                y,
                text: fit(names[series] ?? '', right - 26, 12),
                fill: theme.text,
                fontSize: 12,
                verticalAlign: 'middle' as const,
              },
            },
          ];
        }),
      };
    };

    const from = data.buckets[0]?.time ?? 0;
    return {
      ...common(data, view, describe(data), narrow ? [] : [`Each span: up to ${thousands(longest)} blocks`]),
      grid: { left: 48, right, top: frameTop(data, view) + marksTop(data.markers), bottom: frameBottom + 28, containLabel: false },
      xAxis: timeAxis(from, endOf(data, data.buckets.length - 1), view),
      yAxis: {
        type: 'value',
        min: 0,
        max: 100,
        interval: 25,
        axisLabel: { color: theme.muted, fontSize: 12, formatter: (value: number) => `${value} %` },
        // over the bands: a grid that the data hide would say nothing
        splitLine: { lineStyle: { color: theme.text, opacity: 0.18 } },
        z: 5,
      },
      dataZoom: zoom(view),
      series: [layer(area, true, from), layer(legend, false, from), layer(marks(data.markers, theme), false, from)],
    };
  },

  extent: (data) => ({ places: data.buckets.length, series: data.series.length }),
  start: (data) => ({ at: Math.max(0, data.buckets.length - 1), series: 0 }),

  find(data, x, y) {
    const first = data.buckets[0];
    const time = x / 1000;
    if (!first || time < first.time || time > endOf(data, data.buckets.length - 1) || y < 0 || y > 100) return null;
    const at = spanAt(data.buckets, time);
    const total = data.buckets[at]?.blocks ?? 0;
    let over = 0;
    const series = data.series.findIndex((candidate) => {
      over += total > 0 ? ((candidate.blocks[at] ?? 0) / total) * 100 : 0;
      return over >= y && (candidate.blocks[at] ?? 0) > 0;
    });
    return { at, series: Math.max(0, series) };
  },

  span: (data, place) => ({
    axis: 'x',
    from: (data.buckets[place.at]?.time ?? 0) * 1000,
    to: endOf(data, place.at) * 1000,
  }),

  readout(data, place, { theme }) {
    const bucket = data.buckets[place.at];
    if (!bucket) return { heading: '', columns: [], rows: [], spoken: '' };
    const [from, to] = [minute(bucket.time), minute(endOf(data, place.at))];
    const heights = `blocks ${thousands(bucket.from_height)} to ${thousands(bucket.to_height)}`;
    const rows = data.series.map((series, index) => {
      const blocks = series.blocks[place.at] ?? 0;
      const { low, high } = wilson(blocks, bucket.blocks);
      const share = bucket.blocks > 0 ? `${percent(blocks / bucket.blocks)} %` : 'no block';
      return {
        blocks,
        name: series.name,
        cells: [share, `${percent(low)} – ${percent(high)} %`, thousands(blocks)],
        colour: series.color[theme.name],
        current: index === place.series,
      };
    });
    const series = data.series[place.series];
    const blocks = series?.blocks[place.at] ?? 0;
    const words = spoken(series?.name ?? '', bucket.blocks > 0 ? blocks / bucket.blocks : 0, wilson(blocks, bucket.blocks), blocks);
    return {
      heading: `${from} to ${to}, ${heights}`,
      columns: ['share', '95 % interval', `of ${thousands(bucket.blocks)} blocks`],
      rows: rows.filter((row) => row.blocks > 0 || row.current),
      spoken: `${words}. ${from} to ${to}, ${heights}`,
    };
  },
};

/** The series at a place that comes next in a direction, past those without a block there. */
export function stepSeries(data: HistoryData, place: Place, by: 1 | -1): Place {
  for (let series = place.series + by; series >= 0 && series < data.series.length; series += by) {
    if ((data.series[series]?.blocks[place.at] ?? 0) > 0) return { at: place.at, series };
  }
  return place;
}
