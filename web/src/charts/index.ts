// The list of charts, and the parts of ECharts that they need: nothing else of it is bundled.
import * as echarts from 'echarts/core';
import { CustomChart } from 'echarts/charts';
import { AriaComponent, GraphicComponent, GridSimpleComponent } from 'echarts/components';
import { band } from './band';
import { curve } from './curve';
import type { ChartData } from './data';
import type { ChartDefinition } from './definition';
import { history } from './history';
import { shares } from './shares';

echarts.use([CustomChart, GridSimpleComponent, GraphicComponent, AriaComponent]);

export { echarts };

/** By the name in the URL and in the data. */
const charts = {
  shares,
  history,
  pool: band,
  index: band,
  hashrate: band,
  difficulty: band,
  hashprice: band,
  published: band,
  disclosed: band,
  attack: band,
  supply: curve,
  pivots: band,
  scenario: band,
};

export function definition(name: string): ChartDefinition<ChartData> {
  if (!Object.hasOwn(charts, name)) throw new Error(`no chart is called ${name}`);
  const found: unknown = charts[name as keyof typeof charts];
  // the name in the data is what chose the definition, so that the data fit it
  return found as ChartDefinition<ChartData>;
}
