// Runs in the head, before the first paint: marks that scripts run, and the theme the reader chose on an earlier visit.
// Everything else waits for app.ts.
const root = document.documentElement;
root.dataset.js = '';
try {
  const chosen = localStorage.getItem('theme');
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
} catch {
  // storage may be forbidden: the system's preference holds
}
