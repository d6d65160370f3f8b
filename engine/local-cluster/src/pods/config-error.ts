/** Something that a Pod names is missing or wrong; it may be put right while the Pod waits. */
export class ConfigError extends Error {
  /** Whether what is missing may still appear. */
  readonly waitsFor: { kind: 'Secret' | 'ConfigMap'; name: string } | undefined;

  constructor(message: string, waitsFor?: { kind: 'Secret' | 'ConfigMap'; name: string }) {
    super(message);
    this.name = 'ConfigError';
    this.waitsFor = waitsFor;
  }
}
