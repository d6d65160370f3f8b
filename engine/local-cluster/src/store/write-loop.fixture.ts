// A process of its own for the test: writes for ever and tells of each write once it is acknowledged.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ObjectStore } from './object-store.ts';

const store = new ObjectStore({ databaseFile: path.join(process.argv[2] ?? '.', 'cluster.db') });
for (let value = 0; ; value += 1) {
  const type = store.get('loop', '', 'counter') ? 'MODIFIED' : 'ADDED';
  store.write('loop', type, () => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'counter' }, value }));
  fs.writeSync(1, `${value}\n`);
}
