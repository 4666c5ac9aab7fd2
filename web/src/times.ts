// Times stand in UTC; how long ago that was is said in the tooltip, when the pointer asks.

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export function relative(seconds: number): string {
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(Math.trunc(seconds), 'second');
}

export function relativeTimes(within: Document): void {
  within.addEventListener('pointerover', (event) => {
    const time = (event.target as Element).closest?.('time[datetime]');
    if (time instanceof HTMLTimeElement) time.title = relative((Date.parse(time.dateTime) - Date.now()) / 1000);
  });
}
