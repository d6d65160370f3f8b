/** Where the time comes from. Only the server's own clock ever decides. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export const later = (from: Date, milliseconds: number): Date => new Date(from.getTime() + milliseconds);
