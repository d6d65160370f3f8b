import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, startSettings } from './settings.ts';

describe('readSettings', () => {
  it('has a default for every setting that a start needs', () => {
    expect(readSettings(startSettings, {}, {})).toEqual({
      home: path.resolve('.backstay'),
      host: '127.0.0.1',
      port: 8080,
      kubernetesPort: undefined,
      repositoryPort: undefined,
      logLevel: 'info',
    });
  });

  it('takes the environment, and a flag over it', () => {
    const env = { BACKSTAY_PORT: '9000', BACKSTAY_HOST: '::1', BACKSTAY_HOME: '/srv/backstay' };
    expect(readSettings(startSettings, { port: '9001' }, env)).toMatchObject({
      port: 9001,
      host: '::1',
      home: '/srv/backstay',
    });
  });

  it('treats an empty variable as not set', () => {
    expect(readSettings(startSettings, {}, { BACKSTAY_PORT: '' }).port).toBe(8080);
  });

  it('lists every bad setting at once, by the name it was given under', () => {
    const read = () =>
      readSettings(startSettings, { port: '70000' }, { BACKSTAY_KUBERNETES_PORT: 'x', BACKSTAY_LOG_LEVEL: 'loud' });
    expect(read).toThrowError(/--port: must be between 0 and 65535 \(is: 70000\)/);
    expect(read).toThrowError(/BACKSTAY_KUBERNETES_PORT: must be a number/);
    expect(read).toThrowError(/BACKSTAY_LOG_LEVEL: must be trace/);
  });

  it.each([
    ['BACKSTAY_REPOSITORY_PORT', '-1'],
    ['BACKSTAY_REPOSITORY_PORT', '1.5'],
    ['BACKSTAY_PORT', '65536'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => readSettings(startSettings, {}, { [name]: value })).toThrowError(name);
  });
});
