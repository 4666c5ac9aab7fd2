// Who mined, over time: the share of blocks of each pool in consecutive spans, stacked to 100 %. Unknown is the top band,
// hatched. The bands are named at the right edge; events stand as thin lines with a word.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import type { HistoryData } from './data';
import type { ChartDefinition, Place } from './definition';
import { day, minute, percent, spoken, thousands, tick, wilson } from './format';
import { common, fit, frameBottom, frameTop, hatch } from './frame';
import { bands, bucketAt, bucketEnd, labels, merged, type Plot } from './stack';

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

function plotOf(params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI): Plot {
  const box = params.coordSys as unknown as { x: number; y: number; width: number; height: number };
  // the axis is linear: two points give the map from time to pixels, and back
  const [zero] = api.coord([0, 0]) as [number, number];
  const [far] = api.coord([1e12, 0]) as [number, number];
  const seconds = (px: number) => ((px - zero) / (far - zero)) * 1e9;
  return { ...box, from: seconds(box.x), to: seconds(box.x + box.width) };
}

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
    .filter((series) => series.kind === 'pool')
    .map((series) => ({ name: series.name, share: total > 0 ? sum(series.blocks) / total : 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  return (
    `${data.title}, from ${first ? day(first.time) : 'no block'} to ${day(data.as_of.time)}, as of block ${thousands(data.as_of.height)}. ` +
    `Over the whole span: ${leaders.map((leader) => `${leader.name} ${percent(leader.share)} %`).join(', ')}. Data: ${data.data}.`
  );
}

export const history: ChartDefinition<HistoryData> = {
  name: 'history',
  zooms: true,
  describe,
  simplify: (data, width, visible) => merged(data, width - 200, visible && { from: visible.from / 1000, to: visible.to / 1000 }),

  option(data, view) {
    const { theme, width, interactive } = view;
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

    const marks = (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const plot = plotOf(params, api);
      return {
        type: 'group' as const,
        children: data.markers
          .filter((marker) => marker.time >= plot.from && marker.time <= plot.to)
          .flatMap((marker) => {
            const x = Math.round((api.coord([marker.time * 1000, 0]) as [number, number])[0]) + 0.5;
            return [
              {
                type: 'line' as const,
                shape: { x1: x, x2: x, y1: plot.y - 4, y2: plot.y + plot.height },
                style: { stroke: theme.text, lineWidth: 1 },
              },
              {
                type: 'text' as const,
                style: { x, y: plot.y - 6, text: marker.word, fill: theme.text, fontSize: 11, align: 'center' as const, verticalAlign: 'bottom' as const },
              },
            ];
          }),
      };
    };

    const one = [[(data.buckets[0]?.time ?? 0) * 1000, 0]];
    const layer = (renderItem: unknown, clip: boolean) => ({ type: 'custom', silent: true, clip, data: one, renderItem });
    return {
      ...common(data, view, describe(data), narrow ? '' : `. Each span: up to ${thousands(longest)} blocks`),
      grid: { left: 48, right, top: frameTop(data, view) + (data.markers.length > 0 ? 12 : 0), bottom: frameBottom + 28, containLabel: false },
      xAxis: {
        type: 'time',
        min: (data.buckets[0]?.time ?? 0) * 1000,
        max: bucketEnd(data, data.buckets.length - 1) * 1000,
        axisLine: { lineStyle: { color: theme.axis } },
        axisTick: { lineStyle: { color: theme.axis } },
        axisLabel: { color: theme.muted, fontSize: 12, hideOverlap: true, formatter: tick },
        splitNumber: narrow ? 3 : 8,
      },
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
      dataZoom: interactive
        ? [{ type: 'inside', xAxisIndex: 0, filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: true, preventDefaultMouseMove: false }]
        : [],
      series: [layer(area, true), layer(legend, false), layer(marks, false)],
    };
  },

  extent: (data) => ({ places: data.buckets.length, series: data.series.length }),
  start: (data) => ({ at: Math.max(0, data.buckets.length - 1), series: 0 }),

  find(data, x, y) {
    const first = data.buckets[0];
    const time = x / 1000;
    if (!first || time < first.time || time > bucketEnd(data, data.buckets.length - 1) || y < 0 || y > 100) return null;
    const at = bucketAt(data, time);
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
    to: bucketEnd(data, place.at) * 1000,
  }),

  readout(data, place, { theme }) {
    const bucket = data.buckets[place.at];
    if (!bucket) return { heading: '', columns: [], rows: [], spoken: '' };
    const [from, to] = [minute(bucket.time), minute(bucketEnd(data, place.at))];
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
