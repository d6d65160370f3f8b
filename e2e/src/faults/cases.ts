import { controllerCases } from './controller-cases.ts';
import type { FaultCase } from './fault-case.ts';
import { fuzzCases } from './fuzz.ts';
import { interoperability } from './interop.ts';
import { plantedBugsAreCaught } from './planted-bugs.ts';
import { powerCut } from './power-cut.ts';
import { serverKilled } from './t1-server-killed.ts';
import { killedAtCommit } from './t2-killed-at-commit.ts';
import { exitCodes } from './t3-exit-codes.ts';
import { killedBySignals } from './t4-signals.ts';
import { smallDumps } from './t5-small-dumps.ts';
import { clientKilled } from './t6-client-killed.ts';
import { mutatedBodies } from './t7-mutations.ts';
import { diskFull } from './t8-disk-full.ts';
import { failingS3 } from './t9-s3-failing.ts';
import { lostAnswersOfS3 } from './t10-s3-answers-lost.ts';
import { racingReplicas } from './t11-replicas.ts';
import { postgresAway } from './t12-postgres-away.ts';
import { databaseKilled } from './t13-database.ts';
import { quotaRace } from './t14-quota-race.ts';
import { rotationHurt } from './t15-rotation.ts';
import { expiredTokens } from './t17-expired-tokens.ts';
import { lostRights } from './t18-lost-rights.ts';
import { stoppedWithUploads } from './t19-stopped.ts';
import { rottenObjects } from './t20-rotten-objects.ts';
import { cutVersions } from './t21-cuts.ts';
import { wrongKeys } from './t22-wrong-keys.ts';
import { flippedBits } from './t23-flips.ts';
import { otherVersions } from './t24-other-versions.ts';
import { brokenRestores } from './t25-restores.ts';
import { everyRouteAndRole } from './t43-authorization.ts';
import { guessing } from './t44-guessing.ts';

/** Every fault case, in the order of the fault matrix. */
export const cases: readonly FaultCase[] = [
  serverKilled,
  killedAtCommit,
  exitCodes,
  killedBySignals,
  smallDumps,
  clientKilled,
  mutatedBodies,
  diskFull,
  failingS3,
  lostAnswersOfS3,
  racingReplicas,
  postgresAway,
  databaseKilled,
  quotaRace,
  rotationHurt,
  expiredTokens,
  lostRights,
  stoppedWithUploads,
  rottenObjects,
  cutVersions,
  wrongKeys,
  flippedBits,
  otherVersions,
  brokenRestores,
  everyRouteAndRole,
  guessing,
  ...controllerCases,
  ...fuzzCases,
  interoperability,
  powerCut,
  plantedBugsAreCaught,
];
