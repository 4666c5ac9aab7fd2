// What every chart carries, whoever draws it: the title with its unit, the block it goes up to, source and
// provenance; and, over simulated data, a word that cannot be missed or cropped away.
import type { Head } from './data';
import { minute, thousands } from './format';
import { font, type Theme } from './palette';
import type { View } from './definition';

/** Pixels that the frame takes below the plot. */
export const frameBottom = 28;

const titleSize = (view: View) => (view.width < 500 ? 14 : 16);

function titleLines(head: Head, view: View): string[] {
  const lines = [''];
  for (const word of `${head.title} (${head.unit})`.split(' ')) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (longer.length * titleSize(view) * 0.58 <= view.width || longer === word) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.slice(0, 2).map((line, i) => (i === 1 && lines.length > 2 ? `${line}…` : line));
}

/** Pixels that the frame takes above the plot: the title may need two lines. */
export function frameTop(head: Head, view: View): number {
  return 42 + titleLines(head, view).length * 20;
}

/** Text cut to a width, by the widths of a sans-serif face (there is nothing to measure with outside of a browser). */
export function fit(text: string, width: number, size = 12): string {
  const unit = size * 0.54;
  if (text.length * unit <= width) return text;
  return `${text.slice(0, Math.max(1, Math.floor(width / unit) - 1)).trimEnd()}…`;
}

const provenance = { verified: 'verified', published: 'published, not verified here', simulated: 'SIMULATED' };

export function asOf(head: Head): string {
  return `As of block ${thousands(head.as_of.height)}, ${minute(head.as_of.time)}`;
}

interface Text {
  type: 'text';
  id: string;
  silent: true;
  z: number;
  left?: number;
  right?: number;
  top?: number;
  bottom?: number;
  x?: number;
  y?: number;
  rotation?: number;
  style: Record<string, unknown>;
}

function text(id: string, place: Partial<Text>, words: string, size: number, fill: string, weight = 'normal'): Text {
  return {
    type: 'text',
    id,
    silent: true,
    z: 50,
    ...place,
    style: { text: words, fontSize: size, fontFamily: font, fontWeight: weight, fill },
  };
}

/** The graphic elements of the frame. */
export function frame(head: Head, view: View): Text[] {
  const { theme, width, height } = view;
  const title = titleLines(head, view);
  const simulated = head.data === 'simulated';
  const parts = [
    ...title.map((line, i) => text(`title-${i}`, { left: 0, top: i * 20 }, line, titleSize(view), theme.text, '600')),
    text('as-of', { left: 0, top: 6 + title.length * 20 }, fit(asOf(head), width, 12), 12, theme.muted),
    text(
      'source',
      { left: 0, bottom: 2 },
      fit(`Data: ${provenance[head.data]}. Source: ${head.source}.`, width, 12),
      12,
      simulated ? theme.warning : theme.muted,
    ),
  ];
  return simulated ? [...parts, watermark(theme, width, (height + frameTop(head, view) - frameBottom) / 2)] : parts;
}

function watermark(theme: Theme, width: number, y: number): Text {
  const size = Math.max(36, Math.min(120, width / 8));
  return {
    ...text('watermark', { x: width / 2, y, rotation: 0.2 }, 'SIMULATED', size, theme.warning, '700'),
    z: 60,
    style: {
      text: 'SIMULATED',
      fontSize: size,
      fontFamily: font,
      fontWeight: '700',
      fill: theme.warning,
      stroke: theme.surface,
      lineWidth: 2,
      opacity: 0.3,
      align: 'center',
      verticalAlign: 'middle',
    },
  };
}

/** What all charts set alike. */
export function common(head: Head, view: View, description: string): Record<string, unknown> {
  return {
    animation: false,
    useUTC: true,
    backgroundColor: view.theme.surface,
    textStyle: { fontFamily: font },
    aria: { enabled: true, label: { enabled: true, description }, decal: { show: false } },
    graphic: frame(head, view),
  };
}

/** Hatching for what is unknown: diagonal lines in the axis colour. */
export function hatch(theme: Theme): Record<string, unknown> {
  return { color: theme.axis, dashArrayX: [1, 0], dashArrayY: [2, 5], symbolSize: 1, rotation: -Math.PI / 4 };
}
