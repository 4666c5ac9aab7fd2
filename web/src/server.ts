// The charts as SVG, drawn inside the binary by QuickJS (crates/web/src/chart.rs). No DOM, no clock, no network: JSON text
// comes in, SVG text goes out. The only thing that ECharts asks of its host is a timer, and a still picture never waits for one.
import './timers';
import { SVGRenderer } from 'echarts/renderers';
import { definition, echarts } from './charts';
import type { ChartData } from './charts/data';
import { themes, type ThemeName } from './charts/palette';

echarts.use([SVGRenderer]);

interface Painter {
  renderToString(options: { cssAnimation: boolean; cssEmphasis: boolean; useViewBox: boolean }): string;
}

/** Characters that XML does not allow at all, not even escaped; pool names are not to be trusted. */
const unfit = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function render(name: string, json: string, width: number, height: number, theme: ThemeName): string {
  const chart = definition(name);
  const data = chart.simplify(JSON.parse(json) as ChartData, width);
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    instance.setOption(chart.option(data, { theme: themes[theme], width, height, interactive: false }));
    const painter = instance.getZr().painter as unknown as Painter;
    return painter
      .renderToString({ cssAnimation: false, cssEmphasis: false, useViewBox: true })
      .replace(/^<svg /, '<svg role="img" ')
      .replace('>', `><title>${escape(chart.describe(data))}</title>`)
      .replace(/ style="([^"]*)"/g, (_all, css: string) => attributes(css))
      .replace(unfit, '\ufffd');
  } finally {
    instance.dispose();
  }
}

/** CSS declarations as presentation attributes, which a strict content security policy allows. */
function attributes(css: string): string {
  return css
    .split(';')
    .flatMap((declaration) => {
      const [property = '', value = ''] = declaration.split(':').map((part) => part.trim());
      const font = property === 'font' ? /^(?:(?:normal|italic) )*(\w+ )?([\d.]+px) (.+)$/.exec(value) : null;
      if (font) return [['font-weight', font[1]?.trim() ?? 'normal'], ['font-size', font[2]], ['font-family', font[3]]];
      return property ? [[property, value]] : [];
    })
    .map(([property, value]) => ` ${property}="${value}"`)
    .join('');
}

(globalThis as unknown as { render: typeof render }).render = render;
