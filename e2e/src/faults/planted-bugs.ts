import type { FaultCase, FaultRun } from './fault-case.ts';
import { usingChanged } from './planted/changed-program.ts';
import { type PlantedBug, programOf } from './planted/planted-bug.ts';
import { plantedBugs } from './planted/planted-bugs.ts';
import { powerCut } from './power-cut.ts';
import { exitCodes } from './t3-exit-codes.ts';
import { killedBySignals } from './t4-signals.ts';
import { smallDumps } from './t5-small-dumps.ts';
import { clientKilled, stallsAreNoticed } from './t6-client-killed.ts';
import { mutatedBodies } from './t7-mutations.ts';
import { raceOnFolder, racingReplicas } from './t11-replicas.ts';
import { quotaRace } from './t14-quota-race.ts';
import { refusedTakesNothing, rotationHurt } from './t15-rotation.ts';
import { lostRights } from './t18-lost-rights.ts';
import { rottenObjects } from './t20-rotten-objects.ts';
import { cutVersions } from './t21-cuts.ts';
import { flippedBits } from './t23-flips.ts';
import { otherVersions } from './t24-other-versions.ts';
import { everyRouteAndRole } from './t43-authorization.ts';

/** Times the usual rounds until a bug counts as missed. */
const patience = 5;

/** Of some cases only the part that has to notice. */
const watchers: readonly FaultCase[] = [
  powerCut,
  exitCodes,
  killedBySignals,
  smallDumps,
  { ...clientKilled, run: stallsAreNoticed },
  mutatedBodies,
  { ...racingReplicas, run: raceOnFolder },
  quotaRace,
  { ...rotationHurt, run: refusedTakesNothing },
  lostRights,
  rottenObjects,
  cutVersions,
  flippedBits,
  otherVersions,
  everyRouteAndRole,
];

function watcherOf(bug: PlantedBug): FaultCase {
  const watcher = watchers.find(({ name }) => name === bug.noticedBy);
  if (watcher === undefined) throw new Error(`No case ${bug.noticedBy} to notice "${bug.name}"`);
  return watcher;
}

async function isNoticed(bug: PlantedBug, { random }: FaultRun): Promise<boolean> {
  let noticed = false;
  const run: FaultRun = {
    random,
    long: false,
    rounds: (few) => few * patience,
    injected: () => {},
    broken: (what) => {
      noticed = true;
      // There is nothing left to do.
      throw new Error(what);
    },
  };
  try {
    await usingChanged(programOf(bug), [bug], () => watcherOf(bug).run(run));
  } catch (error) {
    if (!noticed) throw error;
  }
  return noticed;
}

export const plantedBugsAreCaught: FaultCase = {
  name: 'PLANTED',
  explains: 'known bugs are put into server and client: the fault cases have to notice each',
  run: async (run) => {
    for (const bug of plantedBugs) {
      if (watcherOf(bug).missing?.() !== undefined) continue;
      const noticed = await isNoticed(bug, run);
      run.injected();
      if (!noticed) run.broken(`${bug.noticedBy} does not notice the planted bug "${bug.name}"`);
    }
  },
};
