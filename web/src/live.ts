// A page left open all day keeps up with the chain: when the tip changes, the page is fetched anew and its parts are put in
// place of the older ones, while focus, scrolling, selection and zoom stay where they are. A page pinned to a block (as_of)
// stays as it is. When the server falls silent, the page says so and since when.
import { relative } from './times';

const INTERVAL = 15_000;
/** Answers missed before the page says that it may be out of date. */
const PATIENCE = 2;

/** What was asked for cannot be: the page says why. */
export class Refusal extends Error {}

let known: string | undefined;
let missed = 0;
let lastAnswer = Date.now();

export function follow(): void {
  if (!document.querySelector('[data-live]') || new URLSearchParams(location.search).has('as_of')) return;
  void look();
  setInterval(() => {
    if (document.visibilityState === 'visible') void look();
  }, INTERVAL);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void look();
  });
}

/** What of the status changes the page: the tip, how the nodes and the store are, and what was said of alerts. */
function signature(status: Record<string, unknown>): string {
  const { tip, nodes, store, stale_blocks, registry_version, notices } = status;
  return JSON.stringify([tip, nodes, store, stale_blocks, registry_version, notices]);
}

async function look(): Promise<void> {
  try {
    const answer = await fetch('/api/v1/status', { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const now = signature((await answer.json()) as Record<string, unknown>);
    if (known === undefined || now === known || (await refresh())) known = now;
    missed = 0;
    lastAnswer = Date.now();
    contact('');
  } catch {
    missed += 1;
    if (missed >= PATIENCE) {
      contact(`No answer from the server; this page is as it was ${relative((lastAnswer - Date.now()) / 1000)}.`);
    }
  }
}

function contact(words: string): void {
  const line = document.querySelector<HTMLElement>('#contact');
  if (!line || line.textContent === words) return;
  line.textContent = words;
  line.hidden = words === '';
}

/** Brings the page up to date, or to what it is at another address; false when a part was left for later. */
export async function refresh(address = location.href, given?: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([AbortSignal.timeout(20_000), ...(given ? [given] : [])]);
  const answer = await fetch(address, { headers: { accept: 'text/html' }, signal });
  const newer = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (answer.status === 400 && given) throw new Refusal(newer.querySelector('main .message')?.textContent ?? '');
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  // from nothing to something, or back: another page altogether
  const parts = (page: Document) => [...page.querySelectorAll<HTMLElement>('[data-live]')].map((part) => part.dataset.live).join();
  if (parts(newer) !== parts(document)) {
    location.assign(address);
    return true;
  }
  document.title = newer.title;
  let complete = true;
  for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const fresh = newer.querySelector<HTMLElement>(`[data-live="${part.dataset.live}"]`);
    if (fresh && !replace(part, fresh)) complete = false;
  }
  for (const figure of document.querySelectorAll<HTMLElement>('figure[data-chart]')) {
    const fresh = newer.querySelector<HTMLElement>(`figure[data-key="${figure.dataset.key}"]`);
    if (fresh) renew(figure, fresh);
  }
  return complete;
}

/** Puts newer content into a part, unless the reader is selecting in it; a focused link, or its successor, keeps the focus. */
function replace(part: HTMLElement, fresh: HTMLElement): boolean {
  const contactLine = part.querySelector('#contact');
  if (contactLine) fresh.querySelector('#contact')?.replaceWith(contactLine.cloneNode(true));
  if (part.innerHTML === fresh.innerHTML) return true;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && part.contains(selection.anchorNode)) return false;
  const links = () => [...part.querySelectorAll<HTMLElement>('a, button, summary')];
  const focused = document.activeElement;
  const place = focused instanceof HTMLElement ? links().indexOf(focused) : -1;
  const href = focused?.getAttribute('href');
  const { scrollLeft } = part;
  part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  part.scrollLeft = scrollLeft;
  if (place >= 0) {
    const again = links();
    (again.find((link) => link.getAttribute('href') === href) ?? again[place])?.focus({ preventScroll: true });
  }
  part.classList.remove('arrived');
  void part.offsetWidth; // lets the animation start again
  part.classList.add('arrived');
  return true;
}

/** A chart's newer data, links and picture; the interactive chart reads data-json again and keeps its zoom. */
function renew(figure: HTMLElement, fresh: HTMLElement): void {
  const [heading, newHeading] = [figure.querySelector('h2'), fresh.querySelector('h2')];
  if (heading && newHeading) heading.textContent = newHeading.textContent;
  const [links, newLinks] = [figure.querySelectorAll('figcaption a'), fresh.querySelectorAll('figcaption a')];
  links.forEach((link, i) => link.setAttribute('href', newLinks[i]?.getAttribute('href') ?? ''));
  const [sources, newSources] = [figure.querySelectorAll('source'), fresh.querySelectorAll('source')];
  const [image, newImage] = [figure.querySelector('img'), fresh.querySelector('img')];
  sources.forEach((source, i) => source.setAttribute('srcset', newSources[i]?.getAttribute('srcset') ?? ''));
  if (image && newImage) {
    image.alt = newImage.alt;
    image.setAttribute('src', newImage.getAttribute('src') ?? '');
  }
  figure.dataset.json = fresh.dataset.json ?? figure.dataset.json;
  figure.dispatchEvent(new CustomEvent('renew'));
}
