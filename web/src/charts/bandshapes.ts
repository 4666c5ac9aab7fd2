// What a band chart consists of, as shapes for ECharts: the line on its interval, the words at its end, and levels.
import type { Words } from './bandwords';
import { fit, hatch, wrapped } from './frame';
import { font, type Theme } from './palette';
import type { Points, Ribbon } from './ribbon';
import type { Plot } from './timeline';

/**
 * The line thinner the closer its spans: where many lie in a pixel, a thick one would be a blot. What Unknown could change lies
 * behind, hatched as Unknown is everywhere; what is of spans not whole is dashed and paler.
 */
export function drawnBand({ lines, bands, unknown, room }: Ribbon, color: string, theme: Theme) {
  const thin = room >= 4 ? 2 : room >= 1 ? 1.25 : 0.75;
  const opacity = theme.name === 'dark' ? 0.32 : 0.22;
  // the outline of many spans would be all there is to be seen
  const behind = room >= 3 ? { fill: theme.surface, stroke: theme.axis, lineWidth: 0.5 } : { fill: theme.rule };
  const round = { stroke: color, fill: 'none', lineJoin: 'round' as const };
  return {
    type: 'group' as const,
    children: [
      ...unknown.map(({ points }) => ({
        type: 'polygon' as const,
        shape: { points },
        style: { ...behind, decal: { ...hatch(theme), dashArrayY: [1, 7] } },
      })),
      // the interval hides the hatching, which else would be seen through it
      ...(unknown.length > 0 ? bands : []).map(({ points }) => ({ type: 'polygon' as const, shape: { points }, style: { fill: theme.surface } })),
      ...bands.map(({ points, partial }) => ({
        type: 'polygon' as const,
        shape: { points },
        style: { fill: color, fillOpacity: partial ? opacity / 2 : opacity },
      })),
      ...lines.map(({ points, partial, lone }) => ({
        type: 'polyline' as const,
        shape: { points },
        // a value between gaps is a dot, and has to be seen
        style: {
          ...round,
          lineWidth: lone ? 2.5 : thin,
          lineCap: partial ? ('butt' as const) : ('round' as const),
          ...(partial && !lone ? { lineDash: [4, 3] } : {}),
        },
      })),
    ],
  };
}

/** Keeps words apart from what they have to lie on. */
const halo = (theme: Theme) => ({ stroke: theme.surface, lineWidth: 3 });

/**
 * A dot where the line ends in sight, hollow if it does in a dashed part, and lines of words beside it; nothing of the line is
 * further right.
 */
export function drawnEnd(words: Words[], last: { x: number; y: number; partial: boolean }, plot: Plot, room: number, color: string, theme: Theme) {
  const line = 16;
  const lines = words.flatMap((word) => wrapped(word.text, room, word.size).map((text) => ({ ...word, text })));
  const top = Math.max(plot.y, Math.min(last.y - line / 2, plot.y + plot.height - lines.length * line));
  // what lies behind words within the plot, such as the line of a marker, would be read with them
  const ground = last.x + 10 < plot.x + plot.width ? { backgroundColor: theme.surface, padding: [0, 3] } : {};
  const texts = lines.map(({ text, size, fill, bold }, i) => ({
    type: 'text' as const,
    style: {
      x: last.x + ('padding' in ground ? 7 : 10),
      y: top + line / 2 + i * line,
      text,
      fill,
      fontSize: size,
      fontWeight: bold ? (600 as const) : ('normal' as const),
      fontFamily: font,
      ...halo(theme),
      ...ground,
      verticalAlign: 'middle' as const,
    },
  }));
  const style = last.partial ? { fill: theme.surface, stroke: color, lineWidth: 2 } : { fill: color, stroke: theme.surface, lineWidth: 1.5 };
  const dot = { type: 'circle' as const, shape: { cx: last.x, cy: last.y, r: last.partial ? 3.5 : 4 }, style };
  return { type: 'group' as const, children: [dot, ...texts] };
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** How many pixels of a line's width lie in a box. */
function covered(lines: Points[], box: Box): number {
  let pixels = 0;
  for (const points of lines) {
    for (let i = 1; i < points.length; i++) {
      const [[x1, y1], [x2, y2]] = [points[i - 1] ?? [0, 0], points[i] ?? [0, 0]];
      if (x2 < box.left || x1 > box.right || Math.max(y1, y2) < box.top || Math.min(y1, y2) > box.bottom) continue;
      pixels += 1 + Math.min(x2, box.right) - Math.max(x1, box.left);
    }
  }
  return pixels;
}

const apart = (a: Box, b: Box) => a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;

/** Where the word of a level hides least: over or under its line, at the left or right end; `taken` are the words before it. */
function place(y: number, width: number, plot: Plot, lines: Points[], taken: Box[]): Box {
  const far = plot.x + plot.width;
  const boxes = [plot.x + 6, far - 10 - width].flatMap((left) => [y - 16, y + 3].map((top) => ({ left, right: left + width, top, bottom: top + 13 })));
  const cost = (box: Box) =>
    covered(lines, box) + (box.top < plot.y - 4 || box.bottom > plot.y + plot.height ? 500 : 0) + (taken.every((other) => apart(other, box)) ? 0 : 1000);
  return boxes.reduce((best, box) => (cost(box) < cost(best) ? box : best));
}

/** Levels to compare with, as dashed lines with a word. */
export function drawnLevels(levels: { y: number; word: string; value: string }[], lines: Points[], plot: Plot, theme: Theme) {
  const taken: Box[] = [];
  const across = levels.map(({ y }): Points => [[plot.x, y], [plot.x + plot.width, y]]);
  const children = levels.flatMap(({ y, word, value }, i) => {
    const [room, all] = [plot.width - 12, `${word} (${value})`];
    // the axis tells the value too
    const words = fit(all, room, 11) === all ? all : fit(word, room, 11);
    const others = across.filter((_line, other) => other !== i);
    const box = place(y, words.length * 6.2, plot, [...lines, ...others], taken);
    taken.push(box);
    const style = { x: box.left, y: box.top, text: words, fill: theme.text, fontSize: 11, verticalAlign: 'top' as const };
    return [
      {
        type: 'line' as const,
        shape: { x1: plot.x, x2: plot.x + plot.width, y1: y, y2: y },
        style: { stroke: theme.muted, lineWidth: 1, lineDash: [4, 4] },
      },
      { type: 'text' as const, style: { ...style, fontFamily: font, ...halo(theme) } },
    ];
  });
  return { type: 'group' as const, children };
}

export function drawnNothing(plot: Plot, theme: Theme) {
  const style = { x: plot.x + plot.width / 2, y: plot.y + plot.height / 2, text: 'No value in this window', fill: theme.muted, fontSize: 13, fontFamily: font };
  return { type: 'text' as const, style: { ...style, align: 'center' as const, verticalAlign: 'middle' as const } };
}
