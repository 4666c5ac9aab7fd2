// Imported before ECharts, which takes hold of the timers while it loads. Nothing still is animated: they never fire.
const host = globalThis as unknown as Record<string, unknown>;
host.setTimeout ??= () => 0;
host.clearTimeout ??= () => undefined;
export {};
