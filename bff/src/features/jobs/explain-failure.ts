import {
  describeClientExitCode,
  type Event,
  type Job,
  type JobDetail,
  type JobLogSummary,
  type JobStage,
  type Pod,
} from '@backstay/shared';
import { failedCondition } from '../../kubernetes/job-state.ts';

export interface FailureEvidence {
  job: Job;
  pods: readonly Pod[];
  events: readonly Event[];
  log: JobLogSummary;
  /** The end of the log, oldest first. */
  lastLines: readonly string[];
}

type Failure = NonNullable<JobDetail['failure']>;
type Cause = Pick<Failure, 'stage' | 'message' | 'advice'>;

const stageWords: Record<JobStage, string> = {
  dump: 'Reading the data',
  encrypt: 'Encryption',
  upload: 'Upload',
  download: 'Download',
  verify: 'Verification',
  decrypt: 'Decryption',
  load: 'Loading the data',
};

/** Reasons that the cluster gives, in the words of a person. */
const clusterCauses: Record<string, Cause> = {
  NodeRestarted: {
    stage: 'Machine',
    message: 'Backstay was stopped while this ran.',
    advice: 'Nothing half done was stored. Run it again.',
  },
  Deleted: {
    stage: 'Job',
    message: 'The Job was deleted before it finished.',
    advice: 'Nothing half done was stored. Run it again.',
  },
  DeadlineExceeded: {
    stage: 'Time limit',
    message: 'It ran longer than it may, and was ended.',
    advice: 'Look at the log for what took so long, or allow the Job more time.',
  },
  OOMKilled: {
    stage: 'Memory',
    message: 'The container used more memory than it may, and was killed.',
    advice: 'Allow the Job more memory.',
  },
  Evicted: {
    stage: 'Node',
    message: 'The node ran short of memory or disk and evicted the Pod.',
    advice: 'Free room on the node, then run it again.',
  },
  ImagePullBackOff: {
    stage: 'Image',
    message: 'The image cannot be pulled.',
    advice: 'Check the name of the image and whether the cluster may pull it.',
  },
  ErrImagePull: {
    stage: 'Image',
    message: 'The image cannot be pulled.',
    advice: 'Check the name of the image and whether the cluster may pull it.',
  },
  CreateContainerConfigError: {
    stage: 'Secrets',
    message: 'A Secret or ConfigMap that the Pod needs is missing or incomplete.',
    advice: 'Look at the events: they name it. Then run it again.',
  },
  FailedMount: {
    stage: 'Volumes',
    message: 'A volume of the Pod could not be mounted.',
    advice: 'Look at the events: they name it. Then run it again.',
  },
  FailedScheduling: {
    stage: 'Scheduling',
    message: 'No node has room for the Pod.',
    advice: 'Free room in the cluster, then run it again.',
  },
};

const signalNames: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** Why a job failed: what the client said, else what the cluster said, else how the process ended. */
export function explainFailure(evidence: FailureEvidence): Failure {
  const ended = lastTermination(evidence.pods);
  const { code, signal } = endOf(evidence.log, ended);
  return {
    ...(clusterCause(evidence) ?? clientCause(evidence.log, ended?.exitCode) ?? endCause(ended)),
    ...(code !== undefined && { exitCode: code }),
    ...(signal !== undefined && { signal }),
    lastLines: [...evidence.lastLines],
  };
}

/** How the command ended, else how the client did: the two are never mixed. */
function endOf({ failure }: JobLogSummary, ended: Termination | undefined): { code?: number; signal?: string } {
  if (failure?.exitCode !== undefined || failure?.signal !== undefined) {
    return { code: failure.exitCode, signal: failure.signal };
  }
  return { code: ended?.exitCode, signal: signalOf(ended) };
}

/** One line for lists. */
export const failureInWords = (failure: Failure): string => `${failure.stage}: ${failure.message}`;

function clusterCause(evidence: FailureEvidence): Cause | undefined {
  const reasons = [
    ...evidence.pods.flatMap((pod) => [pod.status?.reason, ...containerReasons(pod)]),
    failedCondition(evidence.job)?.reason,
    ...(evidence.pods.some(hasStarted) ? [] : evidence.events.filter(isWarning).map((event) => event.reason)),
  ];
  const known = reasons.find((reason) => reason !== undefined && Object.hasOwn(clusterCauses, reason));
  return known === undefined ? undefined : clusterCauses[known];
}

const isWarning = (event: Event) => event.type === 'Warning';
const statusesOf = (pod: Pod) => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
];
const hasStarted = (pod: Pod) => statusesOf(pod).some((status) => status.state?.running ?? status.state?.terminated);
const containerReasons = (pod: Pod) =>
  statusesOf(pod).flatMap((status) => [status.state?.waiting?.reason, status.state?.terminated?.reason]);

function clientCause(log: JobLogSummary, exitCode: number | undefined): Cause | undefined {
  if (log.failure === undefined) return undefined;
  const { stage, reason } = log.failure;
  return {
    stage: stage === undefined ? 'Preparation' : stageWords[stage],
    message: asSentence(reason),
    advice:
      commandAdvice(log.failure) ??
      (exitCode === undefined ? 'Read the log.' : describeClientExitCode(exitCode).advice),
  };
}

const asSentence = (text: string): string => {
  const begun = /^[a-z]+ /.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
};

/** A command that broke said why itself, unless it was killed. */
function commandAdvice(failure: NonNullable<JobLogSummary['failure']>): string | undefined {
  if (failure.stage !== 'dump' && failure.stage !== 'load') return undefined;
  if (failure.signal === 'SIGKILL') {
    return 'Something ended the command by force; most often memory ran out. Free or allow more memory, then run it again.';
  }
  if (failure.signal !== undefined) return 'Somebody or something ended the command from outside. Run it again.';
  if (failure.exitCode === undefined) return undefined;
  return 'The last lines above are what the command itself wrote. Mend what they name, then run it again.';
}

interface Termination {
  exitCode: number;
  signal?: number;
}

function endCause(ended: Termination | undefined): Cause {
  if (ended === undefined) {
    return {
      stage: 'Pod',
      message: 'The Pod is gone, and how it ended is not known.',
      advice: 'Run it again; if this repeats, look at the events of the namespace.',
    };
  }
  const signal = signalOf(ended);
  if (signal !== undefined) {
    return {
      stage: 'Script',
      message: `The script was killed by ${signal}.`,
      advice: 'Somebody or something ended it from outside. Nothing half done was stored. Run it again.',
    };
  }
  const known = describeClientExitCode(ended.exitCode);
  return { stage: 'Script', message: `The script ended with exit code ${ended.exitCode}.`, advice: known.advice };
}

function lastTermination(pods: readonly Pod[]): Termination | undefined {
  const ended = pods.flatMap((pod) => statusesOf(pod).flatMap((status) => status.state?.terminated ?? []));
  return ended.findLast((state) => state.exitCode !== 0) ?? ended.at(-1);
}

function signalOf(ended: Termination | undefined): string | undefined {
  if (ended === undefined) return undefined;
  const number = ended.signal ?? (ended.exitCode > 128 && ended.exitCode < 160 ? ended.exitCode - 128 : 0);
  return number === 0 ? undefined : (signalNames[number] ?? `signal ${number}`);
}
