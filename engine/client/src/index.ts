export { type BackupMakerOptions, runBackupMaker, type SignalSource } from './run.ts';
