import type { CodeChange, Program } from './changed-program.ts';

/** A mistake that a person could make, put into the real code on the way into a bundle. */
export interface PlantedBug extends CodeChange {
  readonly name: string;
  /** The fault case that must notice. */
  readonly noticedBy: string;
}

export const programOf = ({ file }: PlantedBug): Program => (file.startsWith('engine/client/') ? 'client' : 'server');
