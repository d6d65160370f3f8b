// Runs before the first paint, so that nobody sees the wrong theme flash. The application keeps it up to date (src/lib/theme.ts).
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('backstay.theme');
  } catch {
    // Storage may be refused: then the operating system decides.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('pf-v6-theme-dark', dark);
})();
