import path from 'node:path';

/** Where things lie below the home; `docs/architecture.md` explains each. */
export const homeLayout = (home: string) => ({
  cluster: path.join(home, 'cluster'),
  clusterPort: path.join(home, 'cluster', 'port'),
  kubeconfig: path.join(home, 'kubeconfig'),
  repositoryDatabase: path.join(home, 'repository', 'repository.db'),
  repositoryBlobs: path.join(home, 'repository', 'blobs'),
  repositoryPort: path.join(home, 'repository', 'port'),
  repositoryKey: path.join(home, 'repository', 'jwt.key'),
  consolePassword: path.join(home, 'repository', 'console.password'),
  consoleDatabase: path.join(home, 'console', 'console.db'),
  endpoints: path.join(home, 'endpoints.json'),
});

export interface Endpoints {
  console: string;
  kubernetes: string;
  repository: string;
}
