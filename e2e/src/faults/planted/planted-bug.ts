import type { CodeChange } from './changed-server.ts';

/** A mistake that a person could make, put into the real code on the way into a bundle. */
export interface PlantedBug extends CodeChange {
  readonly name: string;
  /** The fault case that must notice. */
  readonly noticedBy: string;
}
