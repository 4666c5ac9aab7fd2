// A form that answers while it is filled in: what changes is asked for, the page's live parts and charts are put in place of the
// older ones, and the address becomes that of the answer. Without scripts it is a form like any other.
import { Refusal, refresh } from './live';

/** Milliseconds without a change after which it is asked. */
const PAUSE = 150;

export function calculate(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-calculator]')) attend(form);
}

function attend(form: HTMLFormElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  const ask = () => {
    clearTimeout(timer);
    asking?.abort();
    asking = new AbortController();
    void answer(form, asking.signal);
  };
  form.addEventListener('input', (event) => {
    follow(form, event.target);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    ask();
  });
}

/** A slider and the number beside it are one value: both carry the name of it in data-value, one of them is sent. */
function follow(form: HTMLFormElement, changed: EventTarget | null): void {
  if (!(changed instanceof HTMLInputElement) || changed.dataset.value === undefined) return;
  for (const other of form.querySelectorAll<HTMLInputElement>(`input[data-value="${changed.dataset.value}"]`)) {
    if (other !== changed) other.value = changed.value;
  }
}

async function answer(form: HTMLFormElement, signal: AbortSignal): Promise<void> {
  const said = form.querySelector<HTMLElement>('[data-problem]');
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '') query.append(name, value);
  }
  const address = `${new URL(form.action).pathname}?${query.toString()}`;
  try {
    await refresh(address, signal);
    history.replaceState(null, '', address);
    if (said) said.textContent = '';
  } catch (error) {
    if (signal.aborted) return;
    if (said) said.textContent = error instanceof Refusal ? error.message : 'No answer from the server; the figures are those before.';
  }
}
