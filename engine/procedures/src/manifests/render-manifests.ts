import type { KubeObject } from '@backstay/shared';
import { helperObjects } from './helper-objects.ts';
import { layoutOf } from './layout.ts';
import type { ManifestInput } from './manifest-input.ts';
import { runnableObject } from './runnable.ts';

/** Which of the objects are wanted: an action reuses the helpers that its schedule has made. */
export type ManifestPart = 'helpers' | 'runnable';

/**
 * Makes the objects of one operation. Pure: the same input gives the same objects in the same order, which is the order in which
 * they are to be applied.
 *
 * @throws ProcedureError when the values do not fit into Kubernetes objects.
 */
export const renderManifests = (
  input: ManifestInput,
  parts: readonly ManifestPart[] = ['helpers', 'runnable'],
): KubeObject[] => {
  const layout = layoutOf(input);
  const helpers = parts.includes('helpers') ? helperObjects(layout) : [];
  const runnable = parts.includes('runnable') && input.runnable ? [runnableObject(layout, input.runnable)] : [];
  return [...helpers, ...runnable];
};
