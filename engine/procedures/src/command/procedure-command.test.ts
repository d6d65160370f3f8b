import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createProcedureCommand } from './procedure-command.ts';

let folder: string;
let home: string;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'procedure-command-'));
  home = path.join(folder, 'home');
  output = path.join(folder, 'out');
  mkdirSync(output);
  writeFileSync(path.join(folder, 'gpg-key'), 'KEY');
  writeFileSync(path.join(folder, 'rkc-backup.yaml'), definition);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const definition = `Params:
  path: "/srv/it's $HOME"
  hostname: db
Repository:
  url: https://backups.example/
  token: "\${BR_TOKEN}"
  passphrase: ""
  recipient: ops@example.org
  collectionId: c
HelmValues:
`;

const run = (...args: string[]): { lines: string[]; error?: string; exitCode: number } => {
  const lines: string[] = [];
  let error = '';
  const command = createProcedureCommand({
    env: { BM_HOME: home },
    workingDirectory: folder,
    print: (line) => lines.push(line),
  });
  for (const one of [command, ...command.commands]) {
    one.exitOverride().configureOutput({
      writeErr: (text) => {
        error += text;
      },
    });
  }
  try {
    command.parse(args, { from: 'user' });
    return { lines, exitCode: 0 };
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return { lines, error, exitCode: thrown.exitCode };
  }
};

const read = (file: string) => readFileSync(path.join(output, file), 'utf8');
const mode = (file: string) => (statSync(path.join(output, file)).mode & 0o777).toString(8);
const userFile = (name: string, text: string) => {
  const file = path.join(home, 'templates', 'user', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const documents = (file: string) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Record<string, unknown>);

describe('a plain script', () => {
  it('brings its values along, quoted, and is for its owner only', () => {
    expect(run('backup', '-t', 'tar', '-o', 'out')).toMatchObject({ exitCode: 0 });
    const script = read('backup.sh');
    expect(script).toMatch(/^#!\/bin\/bash\nexport BM_AUTH_TOKEN='\$\{BR_TOKEN\}'\n/);
    expect(script).toContain(`export BM_PARAM_PATH='/srv/it'\\''s $HOME'\n`);
    expect(script).toContain(`export BM_URL='https://backups.example'\n`);
    expect(script).toContain("--key './gpg-key'");
    execFileSync('bash', ['-n'], { input: script });
    expect([mode('backup.sh'), mode('gpg-key'), read('gpg-key')]).toEqual(['700', '600', 'KEY']);
  });

  it('replaces one that everybody could read', () => {
    writeFileSync(path.join(output, 'gpg-key'), 'old', { mode: 0o644 });
    chmodSync(path.join(output, 'gpg-key'), 0o644);
    run('restore', '-t', 'files', '-o', 'out');
    expect([mode('restore.sh'), mode('gpg-key')]).toEqual(['700', '600']);
  });

  it('runs: its values reach the client', () => {
    writeFileSync(path.join(folder, 'rkc-backup.yaml'), definition.replace(/path: .*/, `path: "${folder}/$(echo d)"`));
    mkdirSync(path.join(folder, 'd'));
    run('backup', '-t', 'files', '-o', 'out');
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    const client = '#!/bin/bash\necho "$1 $2 $3 $4 ${5##*[^a-z_]} ${@:6} $BM_AUTH_TOKEN $BM_TARGET"\n';
    writeFileSync(path.join(bin, 'backup-maker'), client, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH']}`, BR_TOKEN: 'tok' };
    const shown = execFileSync('./backup.sh', {
      cwd: output,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(shown).toBe(
      `make --url https://backups.example -c bm_dump --key ./gpg-key --recipient ops@example.org --log-level info tok ${folder}/d\n`,
    );
  });
});

describe('manifests', () => {
  it('are a CronJob for a backup and a Job for a restore, with what they need', () => {
    expect(
      run('backup', '-k', '-t', 'files', '-o', 'out', '--k8s-name', 'b', '--k8s-job-schedule', '1 2 * * *'),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(documents('backup.yaml')).toMatchObject([
      { kind: 'Secret', metadata: { name: 'b-backup' } },
      { kind: 'ConfigMap', metadata: { name: 'b-backup' } },
      { kind: 'CronJob', metadata: { name: 'b-backup' }, spec: { schedule: '1 2 * * *' } },
    ]);
    run('restore', '-k', '-t', 'files', '-o', 'out', '--k8s-image', 'my/image', '-n', 'ignored');
    const [secret, , job] = documents('restore.yaml');
    expect(secret?.['metadata']).not.toHaveProperty('namespace');
    expect(job).toMatchObject({ kind: 'Job', metadata: { generateName: 'my-backup-job-restore-' } });
    expect(job?.['metadata']).not.toHaveProperty('name');
    expect(JSON.stringify(job)).toContain('my/image');
  });

  it('take a SealedSecret for the namespace that is named', () => {
    writeFileSync(
      path.join(folder, 'gpg-key'),
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s, namespace: n1}\nspec: {encryptedData: {gpg-key: x}}\n',
    );
    expect(run('backup', '-k', '-t', 'files', '-o', 'out', '-n', 'n1')).toMatchObject({ exitCode: 0 });
    expect(documents('backup.yaml').map(({ kind }) => kind)).toEqual([
      'Secret',
      'ConfigMap',
      'SealedSecret',
      'CronJob',
    ]);
    expect(run('backup', '-k', '-t', 'files', '-o', 'out', '-n', 'n2').error).toMatch(
      /SealedSecret is invalid: its namespace/,
    );
  });
});

describe('templates of the user', () => {
  it('are found by definition', () => {
    userFile(
      'definition/mine.json',
      '{"defaultImage":"my/image","backupTemplate":"b.tmpl","restoreTemplate":"r.tmpl"}',
    );
    userFile(
      'backup/b.tmpl',
      '#!/bin/sh\necho {{ .Params.hostname | printf "%q" }} {{ .Repository.encryptionKeyPath }}\n',
    );
    expect(run('backup', '-t', 'mine', '-o', 'out')).toMatchObject({ exitCode: 0 });
    expect(read('backup.sh')).toBe('#!/bin/sh\necho "db" ./gpg-key\n');
    expect(run('restore', '-t', 'mine', '-o', 'out').error).toMatch(/"mine" has no restore script/);
  });

  it('are found by the name of the script alone', () => {
    userFile('backup/old.tmpl', '{{ .Repository.collectionId }}');
    expect(run('backup', '-t', 'old', '-o', 'out')).toMatchObject({ exitCode: 0 });
    expect(read('backup.sh')).toBe('c');
  });

  it('replace single files of a built-in procedure', () => {
    userFile('backup/files.tmpl', 'own {{ .Params.path }}');
    run('backup', '-t', 'files', '-o', 'out');
    run('restore', '-t', 'files', '-o', 'out');
    expect(read('backup.sh')).toBe("own /srv/it's $HOME");
    expect(read('restore.sh')).toContain('bm_load');
    run('backup', '-k', '-t', 'files', '-o', 'out');
    expect(documents('backup.yaml').map(({ kind }) => kind)).toEqual(['Secret', 'Secret', 'ConfigMap', 'CronJob']);
  });

  it('in the working directory come last', () => {
    mkdirSync(path.join(folder, 'templates', 'backup'), { recursive: true });
    writeFileSync(path.join(folder, 'templates', 'backup', 'stray.tmpl'), 'stray');
    writeFileSync(path.join(folder, 'templates', 'backup', 'files.tmpl'), 'stray');
    run('backup', '-t', 'stray', '-o', 'out');
    expect(read('backup.sh')).toBe('stray');
    run('backup', '-t', 'files', '-o', 'out');
    expect(read('backup.sh')).not.toBe('stray');
  });

  it('never come with a chart: what objects look like is not for files of the user', () => {
    run('backup', '-k', '-t', 'files', '-o', 'out');
    const before = read('backup.yaml');
    for (const parent of [home, folder, path.join(folder, 'generate')]) {
      for (const place of ['chart', 'chart/user', 'chart/.base']) {
        mkdirSync(path.join(parent, place, 'templates'), { recursive: true });
        writeFileSync(path.join(parent, place, 'Chart.yaml'), 'apiVersion: v2\nname: own\nversion: 1.0.0\n');
        writeFileSync(
          path.join(parent, place, 'templates', 'secret.yaml'),
          '{"kind":"Secret","metadata":{"name":"own"}}',
        );
      }
    }
    run('backup', '-k', '-t', 'files', '-o', 'out');
    expect(read('backup.yaml')).toBe(before);
  });
});

describe('what is wrong is said, with exit code 1', () => {
  it.each([
    [[], /Name a template/],
    [['-t', 'nope'], /There is no template "nope"/],
    [['-t', '../x'], /not a template name/],
    [['-t', 'pg15'], /needs Params.user, Params.password/],
    [['-t', 'files', '-d', 'missing.yaml'], /missing.yaml does not exist. Name another file with --definition/],
    [['-t', 'files', '-g', 'missing'], /missing does not exist. Name another file with --gpg-key-path/],
    [['-t', 'files', '-o', 'missing'], /--output-dir missing is not a folder/],
    [['-t', 'files', '-k', '--k8s-name', 'Bad Name'], /not a Kubernetes name/],
  ])('%j', (args, message) => {
    const result = run('backup', ...args);
    expect(result.error).toMatch(message);
    expect(result.exitCode).toBe(1);
  });
});

describe('a check', () => {
  const values = (place: string) => {
    const text = definition.replace('"/srv/it\'s $HOME"', JSON.stringify(place));
    writeFileSync(path.join(folder, 'rkc-backup.yaml'), `${text}  env:\n    BASE: ${JSON.stringify(folder)}\n`);
  };

  it('says that all is well, with values that expand as in a Pod', () => {
    values('${BASE}/$(echo out)');
    expect(run('check', '-t', 'files')).toMatchObject({ exitCode: 0, lines: ['The backup has what it needs.'] });
    expect(run('check', '-t', 'tar', '--operation', 'restore')).toMatchObject({ exitCode: 0 });
  });

  it('names the parameter that is wrong, and ends with 3', () => {
    values('${BASE}/missing');
    const result = run('check', '-t', 'files');
    expect(result.exitCode).toBe(3);
    expect(result.lines.join()).toMatch(/^Params.path: .*missing does not exist/);
  });

  it.each([
    [['-t', 'nope'], /Only built-in procedures have a check/],
    [['-t', 'redis', '-d', 'missing'], /Name another file with --definition/],
    [['-t', 'mysql'], /needs Params.user/],
  ])('cannot be run: %j', (args, message) => {
    const result = run('check', ...args);
    expect(result.error).toMatch(message);
    expect(result.exitCode).toBe(1);
  });
});
