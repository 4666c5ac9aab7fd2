// What is under the pointer or the keyboard: a cursor across the plot, a small table beside it, and the same words for a
// screen reader. Built from text nodes and CSSOM alone: names are never markup, and no style attribute is written.
import type { Readout } from './charts/definition';
import { element } from './dom';

/** Rows shown of a longer readout, around the current one; fewer on a phone, where it would hide the picture. */
const ROWS = { wide: 12, narrow: 5 };
/** Pixels below which a single row is set upright. */
const UPRIGHT = 600;
/** Pixels of a page below which there is no room beside a pointer. */
const PHONE = 600;

export interface Spot {
  axis: 'x' | 'y';
  /** the cursor's span along its axis, in pixels of the stage */
  from: number;
  to: number;
  /** the pointer, where there is one */
  x?: number;
  y?: number;
}

export class Readouts {
  private readonly cursor = element('div', 'cursor');
  private readonly box = element('div', 'readout');
  private readonly voice = element('p', 'visually-hidden');
  private said = '';

  constructor(private readonly stage: HTMLElement, figure: HTMLElement) {
    this.voice.setAttribute('aria-live', 'polite');
    this.cursor.hidden = true;
    this.box.hidden = true;
    this.box.setAttribute('aria-hidden', 'true');
    stage.append(this.cursor, this.box);
    figure.append(this.voice);
  }

  hide(): void {
    this.cursor.hidden = true;
    this.box.hidden = true;
  }

  show(readout: Readout, spot: Spot): void {
    this.said = readout.spoken;
    this.fill(readout);
    this.box.hidden = false;
    this.cursor.hidden = false;
    const size = Math.max(1, spot.to - spot.from);
    const thin = spot.axis === 'x' && size < 3;
    this.cursor.classList.toggle('thin', thin);
    const style = this.cursor.style;
    if (spot.axis === 'x') {
      style.left = `${Math.round(thin ? (spot.from + spot.to) / 2 : spot.from)}px`;
      style.width = thin ? '' : `${Math.round(size)}px`;
      style.top = '0';
      style.bottom = '0';
    } else {
      style.top = `${Math.round(spot.from)}px`;
      style.height = `${Math.round(size)}px`;
      style.left = '0';
      style.right = '0';
    }
    this.move(spot);
  }

  speak(): void {
    this.voice.textContent = this.said;
  }

  /** Beside the pointer, or beside the cursor; never over what it tells about, never out of the page. */
  private move(spot: Spot): void {
    const { clientHeight: height } = this.stage;
    const page = document.documentElement.clientWidth;
    const phone = page < PHONE;
    // charts side by side are narrower than what is said about them
    const beyond = phone ? 0 : this.stage.getBoundingClientRect().left - 8;
    const [from, to] = phone ? [0, this.stage.clientWidth] : [-beyond, page - beyond - 16];
    const { offsetWidth, offsetHeight } = this.box;
    const middle = (spot.from + spot.to) / 2;
    let left: number;
    let top: number;
    if (spot.axis === 'x') {
      left = spot.to + 12 + offsetWidth <= to ? spot.to + 12 : spot.from - 12 - offsetWidth;
      const y = spot.y ?? height / 3;
      // beside the pointer; on a phone, where there is no beside, in the other half of the picture, and below it if need be
      if (phone) top = y < height / 2 ? Math.max(height - offsetHeight, height / 2) : 0;
      else top = Math.min(Math.max(0, height - offsetHeight), Math.max(0, y - offsetHeight / 2));
    } else {
      left = (spot.x ?? this.stage.clientWidth / 3) + 16;
      top = spot.to + 8 + offsetHeight <= height ? spot.to + 8 : middle - (spot.to - spot.from) / 2 - 8 - offsetHeight;
    }
    left = Math.max(from, Math.min(left, to - offsetWidth));
    this.box.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  private fill(readout: Readout): void {
    const width = this.stage.clientWidth;
    const [only, ...others] = readout.rows;
    const table = only && others.length === 0 && width < UPRIGHT ? upright(readout.columns, only) : this.rows(readout, width < 500);
    this.box.replaceChildren(element('p', '', readout.heading), table);
  }

  private rows(readout: Readout, narrow: boolean): HTMLTableElement {
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    head.insertCell();
    for (const column of readout.columns) head.insertCell().textContent = column;
    const body = table.createTBody();
    const at = Math.max(0, readout.rows.findIndex((row) => row.current));
    const count = narrow ? ROWS.narrow : ROWS.wide;
    const first = Math.max(0, Math.min(at - Math.floor(count / 2), readout.rows.length - count));
    // the stack is read from the top down, as it is drawn
    for (const row of readout.rows.slice(first, first + count).reverse()) {
      const line = body.insertRow();
      line.classList.toggle('current', row.current && readout.rows.length > 1);
      line.insertCell().append(square(row.colour), row.name);
      for (const cell of row.cells) line.insertCell().textContent = cell;
    }
    return table;
  }
}

/** A single row set upright, a line for each cell: where there is little room, it is not wider than the picture. */
function upright(columns: string[], row: Readout['rows'][number]): HTMLTableElement {
  const table = document.createElement('table');
  table.className = 'upright';
  const body = table.createTBody();
  row.cells.forEach((cell, i) => {
    const line = body.insertRow();
    // the first is what the picture shows, and known by its name
    if (i === 0) line.insertCell().append(square(row.colour), row.name);
    else line.insertCell().textContent = columns[i] ?? '';
    line.insertCell().textContent = cell;
  });
  return table;
}

function square(colour: string): SVGElement {
  const names = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(names, 'svg');
  const rect = document.createElementNS(names, 'rect');
  for (const it of [svg, rect]) {
    it.setAttribute('width', '10');
    it.setAttribute('height', '10');
  }
  rect.setAttribute('fill', colour);
  svg.append(rect);
  return svg;
}
