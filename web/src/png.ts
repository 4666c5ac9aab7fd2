// A chart as a PNG file: drawn anew at a width fit for print or an article whatever the window is, with its title, as-of
// block, source and provenance, which are part of every chart.
import { echarts } from './charts';
import type { ChartData } from './charts/data';
import type { ChartDefinition } from './charts/definition';
import { day } from './charts/format';
import { themes, type ThemeName } from './charts/palette';

const WIDTH = 1200;
const SCALE = 2;
const MARGIN = 24;

export async function exportPng<D extends ChartData>(
  definition: ChartDefinition<D>,
  data: D,
  name: string,
  theme: ThemeName,
  height: number,
  zoom: { startValue: number; endValue: number } | undefined,
): Promise<void> {
  const chart = echarts.init(document.createElement('div'), null, { renderer: 'canvas', width: WIDTH, height, devicePixelRatio: SCALE });
  try {
    const visible = zoom && { from: zoom.startValue, to: zoom.endValue };
    const shown = definition.simplify(data, WIDTH, visible);
    chart.setOption(definition.option(shown, { theme: themes[theme], width: WIDTH, height, interactive: true }));
    if (zoom) chart.dispatchAction({ type: 'dataZoom', ...zoom });
    const drawn = chart.renderToCanvas({ pixelRatio: SCALE, backgroundColor: themes[theme].surface });
    const page = document.createElement('canvas');
    page.width = (WIDTH + 2 * MARGIN) * SCALE;
    page.height = (height + 2 * MARGIN) * SCALE;
    const context = page.getContext('2d');
    if (!context) return;
    context.fillStyle = themes[theme].surface;
    context.fillRect(0, 0, page.width, page.height);
    context.drawImage(drawn, MARGIN * SCALE, MARGIN * SCALE);
    const blob = await new Promise<Blob | null>((resolve) => page.toBlob(resolve, 'image/png'));
    if (!blob) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    const prefix = data.data === 'simulated' ? 'hashwatch-SIMULATED' : 'hashwatch';
    link.download = `${prefix}-${name}-${data.as_of.height ?? day(data.as_of.time)}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } finally {
    chart.dispose();
  }
}
