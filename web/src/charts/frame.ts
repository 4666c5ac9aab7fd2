// What every chart carries, whoever draws it: the title with its unit, the block it goes up to, source and
// provenance; and, over simulated data, a word that cannot be missed or cropped away.
import type { Head } from './data';
import { day, minute, thousands } from './format';
import { font, type Theme } from './palette';
import type { View } from './definition';

/** Pixels that the frame takes below the plot. */
export const frameBottom = 28;

const titleSize = (view: View) => (view.width < 500 ? 14 : 16);

/** What a letter of a title is wide, in em: a bold face is wider than what `fit` reckons with. */
const BOLD = 0.61;

function titleLines(head: Head, view: View): string[] {
  const lines = [''];
  for (const word of [...head.title.split(' '), `(${head.unit})`]) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (longer.length * titleSize(view) * BOLD <= view.width || longer === word) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length <= 2) return lines;
  // too long for two lines: the unit must stay
  const unit = `… (${head.unit})`;
  const room = Math.max(0, Math.floor(view.width / (titleSize(view) * BOLD)) - unit.length - 3);
  return [lines[0] ?? '', `${(lines[1] ?? '').slice(0, room).trimEnd()}${unit}`];
}

/** The as-of block and, beside or below it, what else there is to note; no note is broken in two. */
function noteLines(head: Head, view: View, notes: string[]): string[] {
  const lines = [asOf(head)];
  for (const note of notes) {
    const longer = `${lines[lines.length - 1]}. ${note}`;
    // rather a line more than one cut by a wider face
    if (fit(longer, view.width, 13) === longer) lines[lines.length - 1] = longer;
    else lines.push(note);
  }
  return lines.map((line) => fit(line, view.width));
}

/** Pixels that the frame takes above the plot: the title may need two lines, and so may the notes. */
export function frameTop(head: Head, view: View, notes: string[] = []): number {
  return 26 + titleLines(head, view).length * 20 + noteLines(head, view, notes).length * 16;
}

/** Text cut to a width, by the widths of a sans-serif face (there is nothing to measure with outside of a browser). */
export function fit(text: string, width: number, size = 12): string {
  const unit = size * 0.54;
  if (text.length * unit <= width) return text;
  return `${text.slice(0, Math.max(1, Math.floor(width / unit) - 1)).trimEnd()}…`;
}

/** Text in one line or, where there is no room for it, in two, the second cut. */
export function wrapped(text: string, width: number, size = 12): string[] {
  // no unit or dash begins a line
  const words = text.split(/ (?![%–])/);
  let first = words.length;
  while (first > 1 && fit(words.slice(0, first).join(' '), width, size).endsWith('…')) first--;
  return [words.slice(0, first).join(' '), words.slice(first).join(' ')].filter((line) => line !== '').map((line) => fit(line, width, size));
}

const provenance = { verified: 'verified', published: 'published, not verified here', simulated: 'SIMULATED' };

/** What the data are as of: a block, or a day where they are of none. */
export const until = ({ height, time }: Head['as_of']) => (height === null ? day(time) : `block ${thousands(height)}`);

export function asOf(head: Head): string {
  if (head.said !== undefined) return head.said;
  return `As of ${until(head.as_of)}${head.as_of.height === null ? '' : `, ${minute(head.as_of.time)}`}`;
}

interface Text {
  type: 'text';
  id: string;
  silent: true;
  z: number;
  x: number;
  y: number;
  rotation?: number;
  style: Record<string, unknown>;
}

function text(id: string, y: number, words: string, size: number, fill: string, style: Record<string, unknown> = {}): Text {
  const set = { text: words, fontSize: size, fontFamily: font, fill, verticalAlign: 'top', ...style };
  return { type: 'text', id, silent: true, z: 50, x: 0, y, style: set };
}

/** The graphic elements of the frame. */
export function frame(head: Head, view: View, notes: string[] = []): Text[] {
  const { theme, width, height } = view;
  const title = titleLines(head, view);
  const simulated = head.data === 'simulated';
  const size = titleSize(view);
  const source = `Data: ${provenance[head.data]}. Source: ${head.source}.`;
  const parts = [
    ...title.map((line, i) => text(`title-${i}`, 4 + i * 20, line, size, theme.text, { fontWeight: '600' })),
    ...noteLines(head, view, notes).map((line, i) => text(`as-of-${i}`, 9 + title.length * 20 + i * 16, line, 12, theme.muted)),
    text('source', height - 4, fit(source, width), 12, simulated ? theme.warning : theme.muted, { verticalAlign: 'bottom' }),
  ];
  return simulated ? [...parts, watermark(view, (height + frameTop(head, view, notes) - frameBottom) / 2)] : parts;
}

function watermark({ theme, width }: View, y: number): Text {
  const size = Math.max(36, Math.min(120, width / 8));
  const style = { fontWeight: '700', stroke: theme.surface, lineWidth: 2, opacity: 0.26, align: 'center', verticalAlign: 'middle' };
  return { ...text('watermark', y, 'SIMULATED', size, theme.warning, style), x: width / 2, z: 60, rotation: 0.2 };
}

/** What all charts set alike. The notes stand beside the as-of block. */
export function common(head: Head, view: View, description: string, notes: string[] = []): Record<string, unknown> {
  return {
    animation: false,
    useUTC: true,
    backgroundColor: view.theme.surface,
    textStyle: { fontFamily: font },
    aria: { enabled: true, label: { enabled: true, description }, decal: { show: false } },
    graphic: frame(head, view, notes),
  };
}

/** Hatching for what is unknown: diagonal lines in the axis colour. */
export function hatch(theme: Theme): Record<string, unknown> {
  return { color: theme.axis, dashArrayX: [1, 0], dashArrayY: [2, 5], symbolSize: 1, rotation: -Math.PI / 4 };
}
