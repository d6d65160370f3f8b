/** A person whose right to act was verified. `token` is what the API server knows the person by; never logged, never sent. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
  readonly token: string;
}
