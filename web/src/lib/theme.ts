import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const key = 'backstay.theme';
const darkClass = 'pf-v6-theme-dark';
const listeners = new Set<() => void>();

export function chosenTheme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const systemIsDark = (): boolean => window.matchMedia('(prefers-color-scheme: dark)').matches;

function apply(): void {
  const theme = chosenTheme();
  document.documentElement.classList.toggle(darkClass, theme === 'dark' || (theme === 'system' && systemIsDark()));
  for (const listener of listeners) listener();
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(key);
  else localStorage.setItem(key, theme);
  apply();
}

/** Follows the operating system, and choices made in other tabs. The first paint is the work of `public/theme.js`. */
export function followTheme(): void {
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
  window.addEventListener('storage', (event) => {
    if (event.key === key) apply();
  });
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosenTheme);
export const isDark = (): boolean => document.documentElement.classList.contains(darkClass);
