import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

interface CssRule {
  selector: string;
  selectors: string[];
  remove: () => void;
}

/** Looks of PatternFly that the console never switches on; they are a third of its style sheets. */
const unusedLook = /\.pf-v6-theme-(high-contrast|glass|felt|redhat)/;
/** What stands inside `:not(...)` speaks of the looks that are used. */
const positive = (selector: string): string => selector.replace(/:not\([^)]*\)/g, '');

const dropUnusedLooks = {
  postcssPlugin: 'drop-unused-looks',
  Rule: (rule: CssRule) => {
    const used = rule.selectors.filter((selector) => !unusedLook.test(positive(selector)));
    if (used.length === 0) rule.remove();
    else if (used.length < rule.selectors.length) rule.selectors = used;
  },
};

// The content security policy of the console allows no inline script or style: everything becomes a hashed file.
export default defineConfig({
  plugins: [react()],
  css: { postcss: { plugins: [dropUnusedLooks] } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: { '/api': 'http://127.0.0.1:8080' } },
});
