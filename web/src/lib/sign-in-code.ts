const wantedKey = 'backstay.wanted';
const wantedFor = 15 * 60_000;

/** Reads the one-time code of `/sign-in#<code>` and removes it from the address and the history at once. */
export function takeSignInCode(): string | undefined {
  const code = decodeURIComponent(window.location.hash.slice(1));
  if (window.location.pathname !== '/sign-in' || code === '') return undefined;
  window.history.replaceState(window.history.state, '', '/sign-in');
  return code;
}

/** Where to go after signing in. Kept for other tabs too: the link of the terminal opens a new one. */
export function rememberWanted(path: string): void {
  localStorage.setItem(wantedKey, JSON.stringify({ path, at: Date.now() }));
}

export function takeWanted(): string {
  const stored = localStorage.getItem(wantedKey);
  localStorage.removeItem(wantedKey);
  if (stored === null) return '/';
  const { path, at } = JSON.parse(stored) as { path?: unknown; at?: unknown };
  const usable = typeof path === 'string' && /^\/(?!\/)/.test(path) && !path.startsWith('/sign-in');
  return usable && Date.now() - Number(at) < wantedFor ? path : '/';
}
