import { type Problem, type ScheduledBackup, type ScheduleForm, scheduledBackupSpecSchema } from '@backstay/shared';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

export type ManifestDraft = { ok: true; scheduledBackup: ScheduledBackup } | { ok: false; problems: Problem[] };

const field = 'manifest';
const longestShown = 3;

const manifestSchema = z.object({
  apiVersion: z.literal('riotkit.org/v1alpha1'),
  kind: z.literal('ScheduledBackup'),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: scheduledBackupSpecSchema.strict(),
});

/** Reads a ScheduledBackup that a person wrote by hand; every mistake is named with its line or its path. */
export function readManifest(text: string, form: Pick<ScheduleForm, 'name' | 'namespace'>): ManifestDraft {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return bad(
      document.errors.slice(0, longestShown).map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `Line ${line}, column ${col}: ${error.message}`;
      }),
    );
  }
  const value = toValue(document);
  if (value === undefined) return bad(['Write one YAML document, with few aliases.']);
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    return bad(result.error.issues.map((issue) => describe(issue, lineOf(document, lines, issue.path))));
  }
  const { metadata } = result.data;
  if (metadata.name !== form.name || (metadata.namespace ?? form.namespace) !== form.namespace) {
    return bad([`metadata: name and namespace must stay ${form.name} and ${form.namespace}, as chosen before.`]);
  }
  return { ok: true, scheduledBackup: { ...result.data, metadata: { ...metadata, namespace: form.namespace } } };
}

const bad = (messages: string[]): ManifestDraft => ({
  ok: false,
  problems: messages.map((message) => ({ field, message })),
});

function toValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

function describe(issue: z.core.$ZodIssue, line: number | undefined): string {
  const path = issue.path.join('.');
  const where = [line === undefined ? '' : `Line ${line}`, path].filter(Boolean).join(', ');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}

// The node itself, or the nearest one above it when it is missing.
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
