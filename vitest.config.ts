import { defineConfig } from 'vitest/config';

// One runner for every package. A test that needs a DOM asks for it in its first line (`@vitest-environment jsdom`).
export default defineConfig({
  test: {
    include: ['{shared,kubernetes,sqlite,bff,web,engine}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    environment: 'node',
    testTimeout: 30_000,
    // Longer than a server of the tests is waited for: that failure has a reason to tell, this one has none.
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
