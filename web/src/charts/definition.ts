// What a chart is: pure functions from data. One definition serves the interactive chart in the browser and the SVG
// drawn inside the binary; nothing here may touch the DOM, the clock or the network.
//
// To add a chart: write src/charts/<kind>.ts with a ChartDefinition, describe its data in data.ts, and add it to the list
// in index.ts under the name it has in URLs; one definition may stand there under several names.
import type { EChartsCoreOption } from 'echarts/core';
import type { ChartData } from './data';
import type { Theme } from './palette';

export interface View {
  theme: Theme;
  /** CSS pixels */
  width: number;
  height: number;
  /** in the browser: with zoom; in the binary: still */
  interactive: boolean;
}

/** A place in a chart that the pointer or the keyboard can be at: along its main axis, and which of the series there. */
export interface Place {
  at: number;
  series: number;
}

/** What the chart has to say about a place: a small table, and the current row as a sentence for a screen reader. */
export interface Readout {
  heading: string;
  /** what the cells of each row are, the name not counted */
  columns: string[];
  rows: { name: string; cells: string[]; colour: string; current: boolean }[];
  spoken: string;
}

/** Where to draw the cursor: a span of data values along one axis. */
export interface Span {
  axis: 'x' | 'y';
  from: number;
  to: number;
}

export interface ChartDefinition<D extends ChartData> {
  /** The data at the detail that a width in pixels can show of a span of the x axis (all of it, if none is given). */
  simplify(data: D, width: number, visible?: { from: number; to: number }): D;
  /** What to draw, from data simplified for the same width; so are the data of everything below. */
  option(data: D, view: View): EChartsCoreOption;
  /** What the whole picture shows, in a sentence or two. */
  describe(data: D): string;
  /** How many places along the main axis, and how many series at each. */
  extent(data: D): { places: number; series: number };
  /** Where the keyboard starts. */
  start(data: D): Place;
  /** The place under a pair of data values (x, y), or null beside the data. */
  find(data: D, x: number, y: number): Place | null;
  span(data: D, place: Place): Span;
  readout(data: D, place: Place, view: Pick<View, 'theme'>): Readout;
  /** Whether the x axis can be zoomed. */
  zooms: boolean;
}
