import { sessionSchema } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

describe('console', () => {
  it('signs in once with a code, keeps the session over a restart, and signs out', async () => {
    await using harness = await Harness.start();
    expect((await harness.call('GET', '/api/session')).status).toBe(401);
    const code = harness.console.createSignInCode();
    const reply = await harness.call('POST', '/api/session', { code });
    expect(sessionSchema.parse(reply.body)).toMatchObject({
      user: { name: 'ada' },
      cluster: { resourcesInstalled: true },
    });
    expect(reply.headers.get('set-cookie')).toMatch(
      /^backstay-\d+=[\w-]{32}; Max-Age=604800; Path=\/; .*HttpOnly; SameSite=Strict$/,
    );
    const again = await harness.call('POST', '/api/session', { code });
    expect(again).toMatchObject({ status: 401, body: { error: { code: 'sign_in_code_invalid' } } });
    await harness.signIn();
    const port = harness.console.url.split(':').at(-1);
    await harness.restart();
    // The name of the cookie carries the port, which is another one now.
    harness.cookie = harness.cookie.replace(`backstay-${port}`, `backstay-${harness.console.url.split(':').at(-1)}`);
    expect((await harness.call('GET', '/api/session')).status).toBe(200);
    expect((await harness.call('DELETE', '/api/session')).status).toBe(200);
    expect((await harness.call('GET', '/api/session')).status).toBe(401);
  });

  it('serves the app: strict headers, assets for ever and compressed, every page as index.html', async () => {
    await using harness = await Harness.start();
    const page = await harness.fetch('/schedules/default/photos');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(await page.text()).toContain('<title>Backstay</title>');
    const asset = await harness.fetch('/assets/app-abc123.js', { headers: { 'accept-encoding': 'gzip' } });
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect((await harness.fetch('/assets/missing.js')).status).toBe(404);
    expect(await (await harness.fetch('/api/nothing')).json()).toMatchObject({ error: { code: 'not_found' } });
  });
});
