import path from 'node:path';
import fc from 'fast-check';
import { segmentsOfKey, splitKey } from '../../blobs/blob-keys.ts';
import { StorageError } from '../../blobs/blob-store.ts';
import { filenameOf, readRules } from '../../configuration/collection-rules.ts';
import { readCollection } from '../../configuration/documents.ts';
import { MisconfiguredError } from '../../configuration/misconfigured-error.ts';
import { isObjectName } from '../../configuration/object-names.ts';
import { createRouter } from '../../http/router.ts';
import { type FuzzTarget, must, syncTarget } from '../fuzz-target.ts';
import { names, pieces } from '../inputs.ts';

const root = '/store/root';

const unless = <T>(refusal: new (...args: never[]) => Error, work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    must(error instanceof refusal, `it is refused with a ${refusal.name}, not with ${String(error)}`);
    return undefined;
  }
};

const mustStayBelow = (folder: string, segments: readonly string[]): void => {
  const file = path.join(root, ...segments);
  must(file.startsWith(`${folder}/`) && file === [root, ...segments].join('/'), `${file} stays below ${folder}`);
};

const keys = syncTarget({
  name: 'blob keys',
  family: 'T33',
  weight: 3,
  inputs: fc.record({ collection: fc.oneof(fc.constant('shop'), names), filename: names }),
  check: ({ collection, filename }) => {
    const key = `${collection}/${filename}`;
    const stored = unless(StorageError, () => segmentsOfKey(key));
    const written = unless(StorageError, () => splitKey(key));
    if (stored !== undefined) {
      must(isObjectName(stored[0] ?? ''), 'the first folder is a collection');
      mustStayBelow(`${root}/${stored[0]}`, stored);
    }
    must(written === undefined || written.join('/') === stored?.join('/'), 'what is written is found again');
  },
});

const templates = syncTarget({
  name: 'filename templates',
  family: 'T33',
  weight: 3,
  inputs: fc.record({
    template: pieces('${version}', 'shop-db-', '.tar.gz', '$', '{', '}', '$&', '.attrs'),
    version: fc.nat(),
  }),
  check: ({ template, version }) => {
    const spec = { filenameTemplate: template, maxBackupsCount: 1, maxOneVersionSize: '1', maxCollectionSize: '1' };
    const collection = readCollection({ metadata: { name: 'shop' }, spec }, 'shop');
    if (unless(MisconfiguredError, () => readRules(collection, 'UTC')) === undefined) {
      return;
    }
    const segments = splitKey(`shop/${filenameOf(template, version)}`);
    mustStayBelow(`${root}/shop`, segments);
    must(filenameOf(template, version) !== filenameOf(template, version + 1), 'versions have names of their own');
  },
});

const objectNames = syncTarget({
  name: 'object names',
  family: 'T33',
  weight: 2,
  inputs: names,
  check: (name) => {
    if (isObjectName(name)) {
      mustStayBelow(root, [`${name}.yaml`]);
      must(/^[a-z0-9.-]{1,253}$/.test(name), 'names are plain');
    }
  },
});

const routes = createRouter([
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/api/stable/auth/user/:userName' },
  { method: 'GET', path: '/api/stable/repository/collection/:collectionId/version' },
  { method: 'GET', path: '/api/stable/repository/collection/:collectionId/version/:versionNum' },
]);

const routing = syncTarget({
  name: 'URL paths',
  family: 'T33',
  weight: 3,
  inputs: pieces('/api', '/stable', '/repository', '/collection', '/shop', '/version', '/1', '/health', '/auth/user'),
  check: (target) => {
    const match = routes('GET', target);
    if (match === undefined) {
      return;
    }
    const pattern = match.route.path.split('/');
    const given = target.split('/');
    must(pattern.length === given.length, 'nothing is normalised');
    for (const [index, segment] of pattern.entries()) {
      const value = segment.startsWith(':') ? match.params[segment.slice(1)] : segment;
      const sent = segment.startsWith(':') ? decodeURIComponent(given[index] ?? '') : given[index];
      must(value === sent && (value !== '' || !segment.startsWith(':')), 'what is authorised is what is routed');
    }
  },
});

export const pathTargets: readonly FuzzTarget[] = [keys, templates, objectNames, routing];
