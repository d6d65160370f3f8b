import { jobRoutes } from '@backstay/shared';
import type { Response } from 'express';
import type { Endpoints } from '../../http/handle.ts';
import { sendStream } from '../../http/send-stream.ts';
import type { JobService } from './job-service.ts';

export function addJobRoutes(endpoints: Endpoints, jobs: JobService): void {
  endpoints.add(jobRoutes.listJobs, ({ identity, query }) => jobs.list(identity, query));
  endpoints.add(jobRoutes.getJob, ({ identity, params }) => jobs.detail(identity, params));
  endpoints.add(jobRoutes.getJobLog, async ({ identity, params, query, response, signal }) => {
    const { follow = false, since, tail, download } = query;
    const lines = await jobs.log(identity, params, { follow, since, tail, signal });
    setLogHeaders(response, download ? `${params.name}.log` : undefined);
    await sendStream(response, lines);
  });
  endpoints.add(jobRoutes.cancelJob, async ({ identity, params }) => {
    await jobs.cancel(identity, params);
    return { done: true as const };
  });
}

// `nosniff` and text/plain: log text never turns into markup. A stream is not to be held back by a compressor.
function setLogHeaders(response: Response, fileName: string | undefined): void {
  response.set('content-type', 'text/plain; charset=utf-8');
  response.set('cache-control', 'no-store, no-transform');
  response.set('x-accel-buffering', 'no');
  if (fileName !== undefined) response.attachment(fileName).type('text/plain; charset=utf-8');
}
