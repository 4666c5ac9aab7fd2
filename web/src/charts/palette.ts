// The colours a chart is drawn with besides those of the pools; the same greys as src/app.css.

export type ThemeName = 'light' | 'dark';

export interface Theme {
  name: ThemeName;
  surface: string;
  text: string;
  muted: string;
  rule: string;
  axis: string;
  warning: string;
}

export const themes: Record<ThemeName, Theme> = {
  light: {
    name: 'light',
    surface: '#ffffff',
    text: '#16191d',
    muted: '#565f6b',
    rule: '#e4e7eb',
    axis: '#a9b1bb',
    warning: '#a63d00',
  },
  dark: {
    name: 'dark',
    surface: '#12151a',
    text: '#e8eaed',
    muted: '#a0a9b4',
    rule: '#292f37',
    axis: '#56606c',
    warning: '#ffab5e',
  },
};

/** Without quotes: the names end up in an SVG attribute. */
export const font = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, DejaVu Sans, sans-serif';
