/** Of every write, and the component that events name: existing users know it. */
export const fieldManager = 'backup-maker-controller';
