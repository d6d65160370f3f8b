import fs from 'node:fs';
import { expect, test } from '@playwright/test';
import { startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, restoreInPlace, signIn, watchConsole } from '../harness/console-pages.ts';
import { startPostgres } from '../harness/postgres-server.ts';

const rows = process.env['BACKSTAY_E2E_FULL'] ? 1_000_000 : 200_000;

test('a PostgreSQL database with a large object: what was written after the backup is gone after the restore', async ({
  page,
}) => {
  const server = await startPostgres(`typed: $(id) ${'${HOME}'} 'x' "y" \\ \`z\``);
  server.sql('postgres', 'create database shop');
  server.sql(
    'shop',
    `create schema extra;
     create table orders (id bigserial primary key, customer text not null, paid numeric(10, 2), at timestamptz);
     insert into orders (customer, paid, at) select 'customer ' || n, n / 7.0, '2026-01-01'::timestamptz + n * interval '1 s' from generate_series(1, ${rows}) n;
     create index on orders (customer);
     create view extra.big as select * from orders where paid > 1000;
     create function extra.twice(n int) returns int language sql as $$ select n * 2 $$;
     create table files (name text, content oid);
     insert into files values ('large', lo_from_bytea(0, decode(repeat('00ff10', 400000), 'hex')));`,
  );
  const before = server.dump('shop');
  const backstay = await startBackstay();
  const trouble = watchConsole(page);

  await signIn(page, backstay);
  await page.getByRole('link', { name: 'Protect a database' }).click();
  await createSchedule(page, {
    name: 'shop',
    procedure: 'PostgreSQL',
    fill: {
      Host: '127.0.0.1',
      Port: String(server.port),
      Database: 'shop',
      'User *': 'backstay',
      'Password *': server.password,
    },
  });
  await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 120_000 });

  server.sql(
    'shop',
    `insert into orders (customer) values ('after the backup'); create table later (x int);
     select lo_unlink(content) from files; truncate files; drop view extra.big;`,
  );
  expect(server.dump('shop')).not.toBe(before);
  await restoreInPlace(page, { schedule: 'shop' });
  await expect(page.getByText(/Backup 1 was restored completely/)).toBeVisible({ timeout: 120_000 });
  expect(server.sql('shop', "select count(*) from orders where customer = 'after the backup'").trim()).toBe('0');
  expect(server.dump('shop') === before, 'schema, rows and large objects are as they were').toBe(true);

  expect(trouble).toEqual([]);
  expect(await backstay.stop()).toBe(0);
  await server.stop();
  fs.rmSync(backstay.home, { recursive: true, force: true });
});
