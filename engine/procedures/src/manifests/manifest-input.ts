import type { HelmValues, Operation } from '@backstay/shared';

/** A script that is ready to run. */
export interface RenderedScript {
  readonly text: string;
  /** True when values of the definition stand in the text, so that it must not lie in a ConfigMap. */
  readonly holdsValues: boolean;
}

/** What runs the script: nothing, a CronJob, or a Job or Pod. */
export type Runnable =
  | { readonly kind: 'CronJob'; readonly schedule: string; readonly timeZone?: string; readonly suspend?: boolean }
  | {
      readonly kind: 'Job' | 'Pod';
      /** Absent: the API server makes a name up. */
      readonly name?: string;
    };

/** All that the objects of one operation are made from. */
export interface ManifestInput {
  /** Name of the ScheduledBackup: of the script, and of the children unless values.name says otherwise. */
  readonly resourceName: string;
  readonly operation: Operation;
  /** Set on the objects; absent: none is written. */
  readonly namespace?: string;
  /** Namespace that a SealedSecret must name. Default: `namespace`, or none. */
  readonly sealedNamespace?: string;
  readonly script: RenderedScript;
  /** Entries of the child Secret besides the key. */
  readonly environment: Readonly<Record<string, string>>;
  /** The public key for a backup, the private key for a restore, or a SealedSecret document. */
  readonly keyMaterial: string;
  /** Image of the procedure, unless values.image says otherwise. */
  readonly image: string;
  readonly backupMakerImage?: string;
  readonly values: HelmValues;
  readonly runnable?: Runnable;
  /** Set on Jobs, CronJobs and their Pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Version that a restore takes. Absent: the script takes the latest. */
  readonly restoreVersion?: string;
  /** Tells children that belong to one action from those of the schedule. */
  readonly suffix?: string;
}
