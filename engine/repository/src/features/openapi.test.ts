import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiFile } from '../../scripts/openapi-file.ts';
import { call } from '../testing/api.ts';
import { mustBeDocumented } from '../testing/documented.ts';
import { createShop, type Harness } from '../testing/harness.ts';

describe('the OpenAPI document', () => {
  let shop: Harness;
  beforeAll(async () => {
    shop = await createShop();
  });
  afterAll(() => shop.stop());

  it('is what the routes say (npm run generate)', async () => {
    const { path, content } = await openApiFile();
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is served without a token and describes itself', async () => {
    const answer = await call(shop, 'GET /api/stable/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.body.openapi).toBe('3.1.0');
    expect(answer.body.paths['/api/stable/openapi.json'].get.summary).toBe('This document');
  });

  it('makes an answer fail that it does not allow', () => {
    const target = { method: 'GET', path: '/health?code=x' };
    const answer = (status: number, body: unknown) => ({ status, body, text: JSON.stringify(body) });
    mustBeDocumented(target, answer(200, { data: { msg: 'x' }, status: true }));
    expect(() => mustBeDocumented(target, answer(200, { data: { msg: 'x', more: 1 }, status: true }))).toThrow(
      /additional/,
    );
    expect(() => mustBeDocumented(target, answer(418, {}))).toThrow(/does not name/);
  });
});
