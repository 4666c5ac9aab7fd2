// Where a key leads from a place in a chart. Along a chart's main axis: left and right (and up and down where there is
// nothing else to walk), ten at a time with Page Up and Page Down, Home and End. Across it: up and down.
import type { ChartData } from './charts/data';
import type { ChartDefinition, Place } from './charts/definition';
import { stepSeries } from './charts/history';

export function step<D extends ChartData>(key: string, from: Place | null, chart: ChartDefinition<D>, data: D): Place | null {
  const { places, series } = chart.extent(data);
  if (places === 0) return null;
  const to = (at: number): Place => ({ at: Math.min(places - 1, Math.max(0, at)), series: from?.series ?? 0 });
  const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'];
  if (!keys.includes(key)) return null;
  if (!from) return key === 'Home' ? to(0) : key === 'End' ? to(places - 1) : chart.start(data);
  switch (key) {
    case 'Home':
      return to(0);
    case 'End':
      return to(places - 1);
    case 'PageUp':
      return to(from.at - 10);
    case 'PageDown':
      return to(from.at + 10);
    case 'ArrowLeft':
      return to(from.at - 1);
    case 'ArrowRight':
      return to(from.at + 1);
    default:
      if (series > 1 && data.name === 'history') return stepSeries(data, from, key === 'ArrowUp' ? 1 : -1);
      return to(from.at + (key === 'ArrowUp' ? -1 : 1));
  }
}
