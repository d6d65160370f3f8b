import { defineConfig } from 'vitest/config';

// What judges benchmarks, built-in procedures from end to end, and contract tests: the same file against local-cluster and, with KUBEBUILDER_ASSETS, against a real kube-apiserver.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['src/{contract,executable,load,procedures}/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
