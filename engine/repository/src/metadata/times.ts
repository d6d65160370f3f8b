/** Columns take ISO 8601 text in both databases, and text in UTC sorts by time in SQLite. */
export const toColumn = (time: Date): string => time.toISOString();

export const fromColumn = (value: string | Date): Date => (value instanceof Date ? value : new Date(value));
