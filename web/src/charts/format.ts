// Numbers and times as text, the same in the browser and in QuickJS (which has no Intl).

/** 946236 -> "946,236" */
export function thousands(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.3274 -> "32.7" */
export function percent(share: number): string {
  return (share * 100).toFixed(1);
}

const two = (n: number) => String(n).padStart(2, '0');

/** Unix seconds -> "2026-04-21" */
export function day(seconds: number): string {
  const t = new Date(seconds * 1000);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
}

/** Unix seconds -> "2026-04-21 18:13 UTC" */
export function minute(seconds: number): string {
  const t = new Date(seconds * 1000);
  return `${day(seconds)} ${two(t.getUTCHours())}:${two(t.getUTCMinutes())} UTC`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A tick of a time axis, in milliseconds, by the largest unit that begins there: "2026", "Mar", "17 Mar", "06:00". */
export function tick(milliseconds: number): string {
  const t = new Date(milliseconds);
  const [hours, minutes, date, month] = [t.getUTCHours(), t.getUTCMinutes(), t.getUTCDate(), t.getUTCMonth()];
  if (hours !== 0 || minutes !== 0) return `${two(hours)}:${two(minutes)}`;
  if (date !== 1) return `${date} ${months[month]}`;
  return month === 0 ? String(t.getUTCFullYear()) : `${months[month]}`;
}

/** A share with its interval as words, for a screen reader. */
export function spoken(name: string, share: number, interval: { low: number; high: number }, blocks: number): string {
  const bounds = `${percent(interval.low)} to ${percent(interval.high)} %`;
  return `${name}: ${percent(share)} %, 95 % interval ${bounds}, ${thousands(blocks)} ${blocks === 1 ? 'block' : 'blocks'}`;
}

/** The bounds of the 95 % Wilson interval for k of n, as hashwatch-metrics computes them. */
export function wilson(k: number, n: number): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const z = 1.959963984540054;
  const p = k / n;
  const scale = 1 + (z * z) / n;
  const centre = (p + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: k === 0 ? 0 : centre - half, high: k === n ? 1 : centre + half };
}
