// The interactive charts, laid over the pictures that the server drew: same box, same definitions, now with a pointer, a
// keyboard, zoom and PNG export. Loaded after the first paint; if anything here fails, the picture stays.
import { CanvasRenderer } from 'echarts/renderers';
import { DataZoomInsideComponent } from 'echarts/components';
import { currentTheme, followTheme } from './appearance';
import { definition, echarts } from './charts';
import type { ChartData } from './charts/data';
import type { ChartDefinition, Place, View } from './charts/definition';
import { themes } from './charts/palette';
import { element } from './dom';
import { step } from './keyboard';
import { exportPng } from './png';
import { Readouts } from './readout';

echarts.use([CanvasRenderer, DataZoomInsideComponent]);

type Instance = ReturnType<typeof echarts.init>;

export function mount(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure[data-chart]')) {
    const watch = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        void Figure.over(figure).catch((error: unknown) => console.warn('the chart stays a picture:', error));
      },
      { rootMargin: '100px' },
    );
    watch.observe(figure);
  }
}

class Figure {
  private place: Place | null = null;
  /** the data at the detail that is drawn */
  private shown: ChartData;
  private waiting = false;

  private constructor(
    private readonly figure: HTMLElement,
    private readonly stage: HTMLElement,
    private readonly chart: Instance,
    private readonly definition: ChartDefinition<ChartData>,
    private readonly readouts: Readouts,
    private data: ChartData,
  ) {
    this.shown = data;
  }

  static async over(figure: HTMLElement): Promise<void> {
    const plot = figure.querySelector<HTMLElement>('.plot');
    const name = figure.dataset.chart ?? '';
    if (!plot) return;
    const data = await read(figure);
    const stage = element('div', 'stage');
    const canvas = element('div', 'canvas');
    stage.append(canvas);
    stage.tabIndex = 0;
    stage.setAttribute('role', 'application');
    stage.setAttribute('aria-roledescription', 'chart');
    // several charts of one name on a page have keys of their own
    stage.setAttribute('aria-labelledby', `chart-${figure.dataset.key ?? name}`);
    stage.setAttribute('aria-describedby', `hint-${figure.dataset.key ?? name}`);
    plot.append(stage);
    const size = { width: plot.clientWidth, height: plot.clientHeight };
    const chart = echarts.init(canvas, null, { renderer: 'canvas', ...size });
    const made = new Figure(figure, stage, chart, definition(name), new Readouts(stage, figure), data);
    made.draw();
    plot.classList.add('live');
    made.listen(plot);
  }

  private view(): View {
    return { theme: themes[currentTheme()], width: this.chart.getWidth(), height: this.chart.getHeight(), interactive: true };
  }

  private simplified(): ChartData {
    const zoom = this.zoom();
    return this.definition.simplify(this.data, this.chart.getWidth(), zoom && { from: zoom.startValue, to: zoom.endValue });
  }

  private draw(): void {
    const zoom = this.zoom();
    this.shown = this.simplified();
    this.chart.setOption(this.definition.option(this.shown, this.view()), { notMerge: true });
    if (zoom) this.chart.dispatchAction({ type: 'dataZoom', ...zoom });
    this.show(this.place, false);
  }

  /** The span of time shown, when it is not the whole. */
  private zoom(): { startValue: number; endValue: number } | undefined {
    if (!this.definition.zooms) return undefined;
    const option = this.chart.getOption() as { dataZoom?: { start: number; end: number; startValue: number; endValue: number }[] } | undefined;
    const state = option?.dataZoom?.[0];
    if (!state || (state.start <= 0 && state.end >= 100)) return undefined;
    return { startValue: state.startValue, endValue: state.endValue };
  }

  /** Shows less or more time, around the place being read, or around the middle. */
  private zoomBy(factor: number): void {
    const first = this.definition.span(this.shown, { at: 0, series: 0 }).from;
    const last = this.definition.span(this.shown, { at: this.definition.extent(this.shown).places - 1, series: 0 }).to;
    const now = this.zoom() ?? { startValue: first, endValue: last };
    const place = this.place && this.definition.span(this.shown, this.place);
    const middle = place ? (place.from + place.to) / 2 : (now.startValue + now.endValue) / 2;
    const width = Math.min(last - first, (now.endValue - now.startValue) * factor);
    const startValue = Math.min(last - width, Math.max(first, middle - width / 2));
    this.chart.dispatchAction({ type: 'dataZoom', startValue, endValue: startValue + width });
  }

  private listen(plot: HTMLElement): void {
    followTheme(() => this.draw());
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = plot;
      if (width === 0 || (width === this.chart.getWidth() && height === this.chart.getHeight())) return;
      this.chart.resize({ width, height });
      this.draw();
    }).observe(plot);
    this.figure.addEventListener('renew', () => void this.renew());

    const zr = this.chart.getZr();
    zr.on('mousemove', (event) => {
      const point = this.chart.convertFromPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]);
      const inside = this.chart.containPixel({ gridIndex: 0 }, [event.offsetX, event.offsetY]);
      // bars may be read from their names and figures too, the whole row long
      const [x, y] = point as [number, number];
      this.show(inside || !this.definition.zooms ? this.definition.find(this.shown, x, y) : null, false, event.offsetX, event.offsetY);
    });
    zr.on('globalout', () => {
      if (document.activeElement !== this.stage) this.show(null, false);
    });
    this.chart.on('datazoom', () => this.zoomed());

    this.stage.addEventListener('keydown', (event) => this.key(event));
    this.stage.addEventListener('blur', () => this.show(null, false));
    this.tools();
  }

  /** After a zoom: the cursor moves along; and where the detail changes, the chart is drawn anew, once a frame at most. */
  private zoomed(): void {
    this.show(this.place, false);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      const finer = this.simplified();
      if (this.definition.extent(finer).places === this.definition.extent(this.shown).places) return;
      if (this.place) {
        const { from, to } = this.definition.span(this.shown, this.place);
        const again = this.definition.find(finer, (from + to) / 2, 50);
        this.place = again && { at: again.at, series: this.place.series };
      }
      this.draw();
      if (document.activeElement === this.stage) this.readouts.speak();
    });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.definition.zooms && ['+', '=', '-', '0'].includes(event.key)) {
      event.preventDefault();
      if (event.key === '0') this.chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 });
      else this.zoomBy(event.key === '-' ? 2 : 0.5);
      return;
    }
    if (event.key === 'Escape') {
      this.show(null, false);
      return;
    }
    const next = step(event.key, this.place, this.definition, this.shown);
    if (!next) return;
    event.preventDefault();
    this.reveal(next);
    this.show(next, true);
  }

  /** Moves the zoom so that the keyboard's place is in sight. */
  private reveal(place: Place): void {
    const zoom = this.zoom();
    if (!zoom) return;
    const span = this.definition.span(this.shown, place);
    const width = zoom.endValue - zoom.startValue;
    if (span.from < zoom.startValue) this.chart.dispatchAction({ type: 'dataZoom', startValue: span.from, endValue: span.from + width });
    else if (span.to > zoom.endValue) this.chart.dispatchAction({ type: 'dataZoom', startValue: span.to - width, endValue: span.to });
  }

  private show(place: Place | null, aloud: boolean, x?: number, y?: number): void {
    this.place = place;
    if (!place) {
      this.readouts.hide();
      return;
    }
    const span = this.definition.span(this.shown, place);
    const pixel = (value: number) => {
      const [px, py] = this.chart.convertToPixel({ gridIndex: 0 }, span.axis === 'x' ? [value, 0] : [0, value]) as [number, number];
      return span.axis === 'x' ? px : py;
    };
    this.readouts.show(this.definition.readout(this.shown, place, this.view()), {
      axis: span.axis,
      // a category axis knows only whole rows: half a row beyond the middle is half the distance to the next
      from: span.axis === 'x' ? pixel(span.from) : pixel(place.at) - this.rowHeight() / 2,
      to: span.axis === 'x' ? pixel(span.to) : pixel(place.at) + this.rowHeight() / 2,
      ...(x === undefined || y === undefined ? {} : { x, y }),
    });
    if (aloud) this.readouts.speak();
  }

  private rowHeight(): number {
    const [, a] = this.chart.convertToPixel({ gridIndex: 0 }, [0, 0]) as [number, number];
    const [, b] = this.chart.convertToPixel({ gridIndex: 0 }, [0, 1]) as [number, number];
    return b - a;
  }

  private tools(): void {
    const zoom = this.figure.querySelector<HTMLElement>('.zoom');
    if (zoom && this.definition.zooms) {
      zoom.hidden = false;
      zoom.addEventListener('click', (event) => {
        const kind = (event.target as HTMLElement).dataset?.zoom;
        if (kind === 'in') this.zoomBy(0.5);
        else if (kind === 'out') this.zoomBy(2);
        else if (kind === 'reset') this.chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 });
      });
    }
    this.figure.querySelector('[data-png]')?.addEventListener('click', () => {
      const name = this.figure.dataset.key ?? this.data.name;
      void exportPng(this.definition, this.data, name, currentTheme(), this.chart.getHeight(), this.zoom());
    });
  }

  private async renew(): Promise<void> {
    try {
      this.data = await read(this.figure);
    } catch (error) {
      console.warn('the chart stays as it was:', error);
      return;
    }
    if (this.place && this.place.at >= this.definition.extent(this.simplified()).places) this.place = null;
    this.draw();
  }
}

async function read(figure: HTMLElement): Promise<ChartData> {
  const answer = await fetch(figure.dataset.json ?? '', { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${figure.dataset.json}: status ${answer.status}`);
  return (await answer.json()) as ChartData;
}
