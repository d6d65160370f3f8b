import { pipeline } from 'node:stream/promises';
import { plainBytes } from './plain-bytes.ts';

const [seed, bytes] = process.argv.slice(2).map(Number);
await pipeline(plainBytes({ seed: seed ?? 0, bytes: bytes ?? 0 }), process.stdout);
