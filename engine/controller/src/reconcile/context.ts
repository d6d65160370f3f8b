import type { KubeClient } from '@backstay/kubernetes';
import type { Job } from '@backstay/shared';
import type { ChildrenWriter } from '../cluster/children-writer.ts';
import type { ControllerCaches } from '../cluster/controller-caches.ts';
import type { EventRecorder } from '../cluster/event-recorder.ts';
import type { Hydrator } from '../cluster/hydrate.ts';
import type { OwnerIndex } from '../cluster/owner-index.ts';
import type { StatusWriter } from '../cluster/status-writer.ts';
import type { Logger } from '../logger.ts';
import type { RenderSettings } from '../plan/render-children.ts';

/** What reconcilers work with. */
export interface ReconcileContext {
  client: KubeClient;
  caches: ControllerCaches;
  jobs: OwnerIndex<Job>;
  hydrator: Hydrator;
  children: ChildrenWriter;
  status: StatusWriter;
  record: EventRecorder;
  logger: Logger;
  settings: RenderSettings;
  /** RFC 3339, whole seconds. */
  now(): string;
}
