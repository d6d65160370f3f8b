/** What kubectl reads as the server's version: the API of this Kubernetes release, served by the local cluster. */
export const gitVersion = 'v1.35.0+local-cluster';

export const versionInfo = {
  major: '1',
  minor: '35',
  gitVersion,
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node-${process.version}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
