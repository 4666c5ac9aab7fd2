// Who mined the blocks of a window: one bar a pool from zero, the 95 % interval as a whisker, the figures beside it.
// Others and unknown come last, as the data order them; unknown is hatched.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts/types/dist/shared';
import { type SharesData, isNamed } from './data';
import type { ChartDefinition } from './definition';
import { percent, spoken, thousands } from './format';
import { common, fit, frameBottom, frameTop, hatch, until } from './frame';

type Item = SharesData['items'][number];

const interval = (item: Item) => `${percent(item.low)} to ${percent(item.high)}`;

function describe(data: SharesData): string {
  const pools = data.items.filter((item) => isNamed(item.kind));
  const first = pools.slice(0, 3).map((item) => `${item.name} ${percent(item.share)} % (${interval(item)})`);
  const unknown = data.items.find((item) => item.kind === 'unknown');
  return (
    `${data.title}, as of ${until(data.as_of)}: ${first.join(', ')}` +
    `${pools.length > 3 ? ` and ${pools.length - 3} more` : ''}` +
    `${unknown ? `; unknown ${percent(unknown.share)} %` : ''}. 95 % intervals in parentheses. Data: ${data.data}.`
  );
}

export const shares: ChartDefinition<SharesData> = {
  zooms: false,
  describe,
  simplify: (data) => data,

  option(data, view) {
    const { theme, width } = view;
    const narrow = width < 500;
    const { items } = data;
    const longest = Math.max(4, ...items.map((item) => item.name.length));
    const left = Math.min(longest * (narrow ? 6.6 : 7.1) + 12, width * (narrow ? 0.4 : 0.28));
    const size = narrow ? 12 : 13;
    const right = narrow ? 56 : 148;
    const top = Math.max(0.01, ...items.map((item) => item.high));
    const colour = (item: Item) => (item.kind === 'unknown' ? theme.surface : item.color[theme.name]);

    return {
      ...common(data, view, describe(data)),
      grid: { left, right, top: frameTop(data, view) - 8, bottom: frameBottom + 28, containLabel: false },
      xAxis: {
        type: 'value',
        min: 0,
        max: top * 100,
        axisLabel: { color: theme.muted, fontSize: 12, showMaxLabel: false, formatter: (value: number) => `${value} %` },
        splitLine: { showMaxLine: false, lineStyle: { color: theme.rule } },
        axisTick: { show: false },
        splitNumber: narrow ? 3 : 6,
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: items.map((item) => fit(item.name, left - 10, size)),
        axisLine: { lineStyle: { color: theme.axis } },
        axisTick: { show: false },
        axisLabel: { color: theme.text, fontSize: size, interval: 0, margin: 8 },
      },
      series: [
        {
          type: 'custom',
          silent: true,
          clip: false,
          encode: { x: [1, 2, 3], y: 0 },
          data: items.map((item, i) => [i, item.share * 100, item.low * 100, item.high * 100]),
          renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
            const item = items[params.dataIndex] as Item;
            const at = (dimension: number) => api.coord([api.value(dimension), params.dataIndex]) as [number, number];
            const [zero, middle] = api.coord([0, params.dataIndex]) as [number, number];
            const band = (api.size?.([0, 1]) as [number, number])[1];
            const thick = Math.round(Math.min(22, band * 0.68));
            const [share] = at(1);
            const [low] = at(2);
            const [high] = at(3);
            const y = Math.round(middle);
            const unknown = item.kind === 'unknown';
            // the whisker is drawn twice, dark on light: it must be seen on every colour of bar, and beside it
            const whisker = (stroke: string, lineWidth: number, key: string) => ({
              type: 'path' as const,
              name: key,
              shape: { pathData: `M${low} ${y}H${high}M${low} ${y - 4}V${y + 4}M${high} ${y - 4}V${y + 4}` },
              style: { stroke, lineWidth, fill: 'none' },
            });
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x: zero, y: y - thick / 2, width: Math.max(0.5, share - zero), height: thick },
                  style: {
                    fill: colour(item),
                    stroke: unknown ? theme.axis : undefined,
                    lineWidth: unknown ? 1 : 0,
                    decal: unknown ? hatch(theme) : undefined,
                  },
                },
                whisker(theme.surface, 3.5, 'halo'),
                whisker(theme.text, 1.25, 'whisker'),
                {
                  type: 'text',
                  style: {
                    x: high + 8,
                    y,
                    text: narrow
                      ? `${percent(item.share)} %`
                      : `{value|${percent(item.share)} %}{range|${percent(item.low)} – ${percent(item.high)}}`,
                    rich: {
                      value: { fill: theme.text, fontSize: 13, fontWeight: 600, width: 60 },
                      range: { fill: theme.muted, fontSize: 12 },
                    },
                    fill: theme.text,
                    fontSize: 13,
                    verticalAlign: 'middle',
                  },
                },
              ],
            };
          },
        },
      ],
    };
  },

  extent: (data) => ({ places: data.items.length, series: 1 }),
  start: () => ({ at: 0, series: 0 }),
  find(data, _x, y) {
    const at = Math.round(y);
    return at >= 0 && at < data.items.length ? { at, series: 0 } : null;
  },
  span: (_data, place) => ({ axis: 'y', from: place.at - 0.5, to: place.at + 0.5 }),

  readout(data, place, { theme }) {
    const item = data.items[place.at] as Item;
    return {
      heading: `As of ${until(data.as_of)}`,
      columns: ['share', '95 % interval', 'blocks'],
      rows: [
        {
          name: item.name,
          cells: [`${percent(item.share)} %`, `${percent(item.low)} – ${percent(item.high)} %`, thousands(item.blocks)],
          colour: item.color[theme.name],
          current: true,
        },
      ],
      spoken: spoken(item.name, item.share, item, item.blocks),
    };
  },
};
