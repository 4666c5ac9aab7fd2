// What every page runs, after it can be read without: the choice of theme, times said relatively, news of the
// tip, and the interactive charts, whose code is fetched only when the page has been painted.
import { chooseTheme } from './appearance';
import { calculate } from './calculator';
import { follow } from './live';
import { relativeTimes } from './times';

chooseTheme();
relativeTimes(document);
calculate();

async function charts(): Promise<void> {
  if (!document.querySelector('figure[data-chart]')) return;
  const { mount } = await import('./figures');
  mount();
}

// two frames: one to lay out, one that has been painted
requestAnimationFrame(() => requestAnimationFrame(() => void charts()));
follow();
