import { RepositoryProcess } from '../harness/repository-process.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { buildChangedServer } from './planted/changed-server.ts';
import type { PlantedBug } from './planted/planted-bug.ts';
import { plantedBugs } from './planted/planted-bugs.ts';
import { powerCut } from './power-cut.ts';
import { mutatedBodies } from './t7-mutations.ts';
import { raceOnFolder, racingReplicas } from './t11-replicas.ts';
import { quotaRace } from './t14-quota-race.ts';
import { refusedTakesNothing, rotationHurt } from './t15-rotation.ts';
import { lostRights } from './t18-lost-rights.ts';
import { rottenObjects } from './t20-rotten-objects.ts';
import { everyRouteAndRole } from './t43-authorization.ts';

/** Of some cases only the part that has to notice. */
const watchers: readonly FaultCase[] = [
  powerCut,
  mutatedBodies,
  { ...racingReplicas, run: raceOnFolder },
  quotaRace,
  { ...rotationHurt, run: refusedTakesNothing },
  lostRights,
  rottenObjects,
  everyRouteAndRole,
];

function watcherOf(bug: PlantedBug): FaultCase {
  const watcher = watchers.find(({ name }) => name === bug.noticedBy);
  if (watcher === undefined) throw new Error(`No case ${bug.noticedBy} to notice "${bug.name}"`);
  return watcher;
}

async function isNoticed(bug: PlantedBug, run: FaultRun): Promise<boolean> {
  const watcher = watcherOf(bug);
  using server = await buildChangedServer([bug]);
  let noticed = false;
  await RepositoryProcess.using(server.command, () =>
    watcher.run({
      random: run.random,
      long: false,
      // Once noticed, there is nothing left to do.
      rounds: (few) => (noticed ? 0 : few),
      injected: () => {},
      broken: () => {
        noticed = true;
      },
    }),
  );
  return noticed;
}

export const plantedBugsAreCaught: FaultCase = {
  name: 'PLANTED',
  explains: 'known bugs are put into the server: the fault cases have to notice each',
  run: async (run) => {
    for (const bug of plantedBugs) {
      if (watcherOf(bug).missing?.() !== undefined) continue;
      const noticed = await isNoticed(bug, run);
      run.injected();
      if (!noticed) run.broken(`${bug.noticedBy} does not notice the planted bug "${bug.name}"`);
    }
  },
};
