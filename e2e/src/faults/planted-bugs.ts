import { RepositoryProcess } from '../harness/repository-process.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { buildChangedServer } from './planted/changed-server.ts';
import type { PlantedBug } from './planted/planted-bug.ts';
import { plantedBugs } from './planted/planted-bugs.ts';
import { powerCut } from './power-cut.ts';
import { mutatedBodies } from './t7-mutations.ts';

const watchers = [powerCut, mutatedBodies];

async function isNoticed(bug: PlantedBug, run: FaultRun): Promise<boolean> {
  const watcher = watchers.find(({ name }) => name === bug.noticedBy);
  if (watcher === undefined) throw new Error(`No case ${bug.noticedBy} to notice "${bug.name}"`);
  using server = await buildChangedServer([bug]);
  let noticed = false;
  await RepositoryProcess.using(server.command, () =>
    watcher.run({
      random: run.random,
      long: false,
      rounds: (few) => few,
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
      const noticed = await isNoticed(bug, run);
      run.injected();
      if (!noticed) run.broken(`${bug.noticedBy} does not notice the planted bug "${bug.name}"`);
    }
  },
};
