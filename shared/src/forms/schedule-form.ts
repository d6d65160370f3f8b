import { z } from 'zod';
import { dnsLabelPattern, dnsSubdomainPattern } from '../resources/kube-object.ts';

const label = (what: string, max: number) =>
  z
    .string()
    .min(1, `Give the ${what} a name.`)
    .max(max, `At most ${max} characters.`)
    .regex(dnsLabelPattern, 'Use small letters, digits and dashes; begin and end with a letter or digit.');

const newCollectionSchema = z.object({
  mode: z.literal('new'),
  name: label('collection', 63),
  maxVersions: z.coerce
    .number<string | number>()
    .int('A whole number.')
    .min(1, 'Keep at least one.')
    .max(10_000, 'At most 10,000.'),
  /** Go size, e.g. 500M, 10G. */
  maxVersionSize: z.string().regex(/^[0-9]+(\.[0-9]+)?[KMGT]$/i, 'A number and a unit: K, M, G or T. For example 10G.'),
});

/** Input of the create wizard, step by step as in `console.md`. Pure data: the browser and the BFF map it alike. */
export const scheduleFormSchema = z.object({
  namespace: z.string().min(1, 'Choose a namespace.').regex(dnsLabelPattern, 'Not a namespace name.'),
  /** At most 43: Kubernetes allows 52 for a CronJob, and `-restore` and a margin are added. */
  name: label('schedule', 43),
  procedure: z.object({ kind: z.enum(['internal', 'cluster']), name: z.string().min(1, 'Choose what to protect.') }),
  parameters: z.record(z.string(), z.string()),
  collection: z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('existing'), name: z.string().min(1, 'Choose a collection.') }),
    newCollectionSchema,
  ]),
  key: z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('generate'), email: z.email('An e-mail address, e.g. backups@example.org.') }),
    z.object({
      mode: z.literal('existing'),
      email: z.email('An e-mail address, e.g. backups@example.org.'),
      secretName: z.string().min(1, 'Choose a Secret.').regex(dnsSubdomainPattern, 'Not a Secret name.'),
      publicKey: z.string().min(1, 'Which entry holds the public key?'),
      privateKey: z.string().min(1, 'Which entry holds the private key?'),
      passphraseKey: z.string(),
    }),
  ]),
  when: z.object({
    enabled: z.boolean(),
    cron: z.string().min(1, 'Say when to run.'),
    timeZone: z.string().min(1, 'Choose a time zone.'),
  }),
  /** Run the first backup right after it is created. */
  runNow: z.boolean(),
});
export type ScheduleForm = z.output<typeof scheduleFormSchema>;
export type ScheduleFormInput = z.input<typeof scheduleFormSchema>;
