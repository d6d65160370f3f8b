import { defineConfig } from 'vitest/config';

// What needs a Kubernetes with real Pods: root on Linux, else skipped. One cluster at a time.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['src/kubernetes/**/*.test.ts'],
    environment: 'node',
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
