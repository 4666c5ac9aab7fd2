// Light or dark: by the system's preference unless the reader chose one, which this browser then remembers.
import type { ThemeName } from './charts/palette';

const dark = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

export function currentTheme(): ThemeName {
  const chosen = root.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return dark.matches ? 'dark' : 'light';
}

const listeners: ((theme: ThemeName) => void)[] = [];

/** Calls back whenever the theme has changed. */
export function followTheme(listener: (theme: ThemeName) => void): void {
  listeners.push(listener);
}

function changed(): void {
  matchPictures(document);
  for (const listener of listeners) listener(currentTheme());
}

/** Lets the pictures drawn by the server follow the chosen theme, not the system's. */
export function matchPictures(within: ParentNode): void {
  const chosen = root.dataset.theme;
  for (const source of within.querySelectorAll<HTMLSourceElement>('source[data-theme="dark"]')) {
    const narrow = source.dataset.narrow ?? 'all';
    const bySystem = narrow === 'all' ? '(prefers-color-scheme: dark)' : `${narrow} and (prefers-color-scheme: dark)`;
    source.media = chosen === 'dark' ? narrow : chosen === 'light' ? 'not all' : bySystem;
  }
}

/** Wires the switch in the header. */
export function chooseTheme(): void {
  const select = document.querySelector<HTMLSelectElement>('#theme');
  if (root.dataset.theme) matchPictures(document);
  dark.addEventListener('change', changed);
  if (!select) return;
  select.value = root.dataset.theme ?? 'system';
  select.addEventListener('change', () => {
    if (select.value === 'system') delete root.dataset.theme;
    else root.dataset.theme = select.value;
    try {
      if (select.value === 'system') localStorage.removeItem('theme');
      else localStorage.setItem('theme', select.value);
    } catch {
      // the choice then lasts as long as the page
    }
    changed();
  });
}
