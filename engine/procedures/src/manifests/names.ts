import { createHash } from 'node:crypto';

/** Short, stable stand-in for a text that is too long for a name. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);

/** `text` when it fits, else its beginning and a hash: the same text always gives the same name. */
export const fitName = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 11).replace(/[-.]+$/, '')}-${shortHash(text)}`;

/** Kubernetes' limit of a label value, and of a Job's name, which becomes one. */
export const labelLength = 63;
/** Kubernetes' limit of a CronJob's name: a time is added for each Job. */
export const cronJobNameLength = 52;
