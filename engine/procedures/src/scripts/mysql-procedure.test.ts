import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScriptBench, type ScriptBench } from '../testing/fake-client.ts';
import { type MariadbServer, mariadbInstalled, startMariadb } from '../testing/mariadb-server.ts';

const password = `it's #1 $HOME \`id\` "q" \\n \\ $( ;\t`;
const user = 'backup';

const content = `
CREATE TABLE parents (id int PRIMARY KEY AUTO_INCREMENT, title varchar(200), raw blob) ENGINE=InnoDB CHARACTER SET utf8mb4;
CREATE TABLE children (id int PRIMARY KEY, parent int, CONSTRAINT own FOREIGN KEY (parent) REFERENCES parents (id)) ENGINE=InnoDB;
INSERT INTO parents (title, raw) SELECT md5(seq), UNHEX(sha1(seq)) FROM seq_1_to_2000;
INSERT INTO parents (title) VALUES ('it''s; -- "x"'), ('two\\nUSE \`mysql\`;\\nDELIMITER ;;'), ('äöü 🐘'), ('\\r\\n\\\\'), (NULL);
INSERT INTO children VALUES (1, 1), (2, 5);
CREATE TABLE \`odd \`\`Table\` (\`odd "c\` int, note longtext) ENGINE=MyISAM;
INSERT INTO \`odd \`\`Table\` VALUES (1, REPEAT('x', 2000000));
CREATE VIEW a_view AS SELECT title FROM z_view;
CREATE OR REPLACE VIEW z_view AS SELECT title, twice(id) AS t FROM parents;
CREATE OR REPLACE VIEW a_view AS SELECT title FROM z_view;
CREATE TRIGGER marked BEFORE INSERT ON parents FOR EACH ROW SET NEW.title = CONCAT('new ', NEW.title);
CREATE EVENT tidy ON SCHEDULE EVERY 1 SECOND STARTS '2030-01-01' DO DELETE FROM children WHERE id > 100;
DELIMITER //
CREATE PROCEDURE tricky() BEGIN
  SELECT '
USE \`mysql\`;
DEFINER=x@y
';
END //
DELIMITER ;
`;

describe.skipIf(!mariadbInstalled())('MySQL and MariaDB (server from /usr/sbin/mariadbd)', { timeout: 60_000 }, () => {
  let server: MariadbServer;
  let folder: string;
  let bench: ScriptBench;
  let number = 0;
  let database: string;

  beforeAll(async () => {
    server = await startMariadb({ user, password });
    await server.sql("CREATE USER reader@'%' IDENTIFIED BY 'r'");
    folder = mkdtempSync(path.join(tmpdir(), 'mysql-procedure-'));
    bench = createScriptBench(folder, 'mysql');
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

  const freshDatabase = async (): Promise<void> => {
    database = `odd \`db\` $HOME; -- ${++number}`;
    await server.sql(`CREATE DATABASE ${quoted(database)} CHARACTER SET latin1`);
    rmSync(bench.store, { force: true });
  };

  const parameters = (change: Record<string, string> = {}) => ({
    BM_PARAM_HOSTNAME: '127.0.0.1',
    BM_PARAM_PORT: String(server.port),
    BM_PARAM_DB: database,
    BM_PARAM_USER: user,
    BM_PARAM_PASSWORD: password,
    BM_PARAM_DUMPOPTIONS: '',
    ...change,
  });

  const fill = (name: string) =>
    server.sql(
      `CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2; CREATE VIEW z_view AS SELECT 1 AS title;${content}`,
      name,
    );

  const backedUp = async (): Promise<string> => {
    await fill(database);
    const before = await server.dump(database);
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    return before;
  };

  const change = (name = database) =>
    server.sql(
      `DROP TABLE children; INSERT INTO parents (title) VALUES ('x'); DROP PROCEDURE tricky; DROP VIEW z_view;
       CREATE TABLE added (i int PRIMARY KEY); CREATE TABLE more (i int, FOREIGN KEY (i) REFERENCES added (i));
       CREATE VIEW added_view AS SELECT * FROM added; CREATE PROCEDURE added_too() SELECT 1; DROP EVENT tidy;
       CREATE TRIGGER added_trigger AFTER INSERT ON added FOR EACH ROW SET @x = 1`,
      name,
    );

  const nothingLeft = async () => {
    expect((await server.databases()).filter((name) => name.startsWith('backstay_'))).toEqual([]);
  };

  describe('a database', () => {
    beforeEach(freshDatabase);

    it('comes back with tables, rows, keys, views, triggers, routines and events, and without what is newer', async () => {
      const before = await backedUp();
      await change();
      const run = await bench.run('restore', parameters());
      expect(run.stderr).toContain('is restored');
      expect(run.code).toBe(0);
      expect(await server.dump(database)).toBe(before);
      await nothingLeft();
    });

    it('is made by a restore when it is missing', async () => {
      const before = await backedUp();
      expect(await bench.run('restore', parameters({ BM_PARAM_DB: `other ${number}` }))).toMatchObject({ code: 0 });
      expect((await server.dump(`other ${number}`)).replaceAll(/ALTER DATABASE .*/g, '')).toBe(
        before.replaceAll(/ALTER DATABASE .*/g, ''),
      );
    });

    it('is as it was when the download is cut, wherever that is', async () => {
      await backedUp();
      await change();
      await server.sql('DROP VIEW a_view', database);
      const before = await server.dump(database);
      const whole = readFileSync(bench.store);
      for (const bytes of [0, 200, Math.floor(whole.length / 2), whole.indexOf('-- Dump completed') - 1]) {
        writeFileSync(bench.store, whole.subarray(0, bytes));
        const run = await bench.run('restore', parameters());
        expect(run.code, `${bytes} bytes`).not.toBe(0);
        expect(run.stderr).toContain('is as it was');
        expect(await server.dump(database)).toBe(before);
      }
      await nothingLeft();
    });

    it('is as it was when something of the dump is refused after the tables have been moved', async () => {
      await backedUp();
      await change();
      await server.sql('DROP VIEW a_view', database);
      const before = await server.dump(database);
      const whole = readFileSync(bench.store, 'latin1');
      writeFileSync(
        bench.store,
        whole.replaceAll('PROCEDURE `tricky`', 'PROCEDURE `no_such_schema`.`tricky`'),
        'latin1',
      );
      const run = await bench.run('restore', parameters());
      expect(run.stderr).toContain('putting back');
      expect(run.stderr).toContain('is as it was');
      expect(run.code).not.toBe(0);
      expect(await server.dump(database)).toBe(before);
      await nothingLeft();
    });

    it('clears away what a killed restore left', async () => {
      const before = await backedUp();
      await server.sql('CREATE DATABASE backstay_new_1; CREATE TABLE backstay_new_1.stale (i int)');
      expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
      expect(await server.dump(database)).toBe(before);
      await nothingLeft();
    });

    it('is not replaced when a foreign key of another database refers to it', async () => {
      await backedUp();
      await server.sql(
        `CREATE DATABASE outside; CREATE TABLE outside.c (p int, FOREIGN KEY (p) REFERENCES ${quoted(database)}.parents (id))`,
      );
      const run = await bench.run('restore', parameters());
      await server.sql('DROP DATABASE outside');
      expect(run.code).not.toBe(0);
      expect(run.stderr).toContain('outside.c refers to');
      await nothingLeft();
    });

    it('does without users that do not exist any more', async () => {
      await server.sql("CREATE USER gone@'%'");
      await server.sql(
        "CREATE DEFINER=gone@'%' PROCEDURE theirs() SELECT 1; CREATE DEFINER=gone@'%' VIEW v AS SELECT 1",
        database,
      );
      expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
      await server.sql("DROP USER gone@'%'");
      const run = await bench.run('restore', parameters());
      expect(run).toMatchObject({ code: 0 });
      expect(run.stderr).toContain('the user `gone`@`%` does not exist here');
      const schema = `routine_schema = '${database.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
      expect(await server.sql(`SELECT definer FROM information_schema.routines WHERE ${schema}`)).toBe(`${user}@%\n`);
    });

    it('can be restored by a user of its own, who may make the databases that a restore needs', async () => {
      const own = { BM_PARAM_DB: `own_${number}`, BM_PARAM_USER: 'owner', BM_PARAM_PASSWORD: 'o' };
      await server.sql(
        `CREATE DATABASE own_${number}; CREATE USER owner@'%' IDENTIFIED BY 'o'; GRANT ALL ON own_${number}.* TO owner@'%'`,
      );
      await server.sql(
        'CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t',
        `own_${number}`,
      );
      expect((await bench.run('check', parameters(own))).stdout).toBe('');
      expect(await bench.run('backup', parameters(own))).toMatchObject({ code: 0 });
      const check = () => bench.run('check', parameters({ ...own, BM_OPERATION: 'restore' }));
      expect((await check()).stdout).toMatch(/^user\tThe user owner may not create the database backstay_new_1/);
      const refused = await bench.run('restore', parameters(own));
      expect(refused.code).not.toBe(0);
      expect(await server.sql('SELECT * FROM t', `own_${number}`)).toBe('1\n');
      await server.sql("GRANT ALL ON `backstay\\_%`.* TO owner@'%'");
      expect((await check()).stdout).toBe('');
      await server.sql('INSERT INTO t VALUES (2)', `own_${number}`);
      expect(await bench.run('restore', parameters(own))).toMatchObject({ code: 0 });
      expect(await server.sql('SELECT * FROM v', `own_${number}`)).toBe('1\n');
    });

    it('comes back from the dump of an older setup, which has no definers', async () => {
      await fill(database);
      const before = await server.dump(database);
      writeFileSync(bench.store, `${before.replaceAll(/DEFINER=[^*\n]*\*/g, '*')}-- Dump completed on 2020-01-01\n`);
      await change();
      const run = await bench.run('restore', parameters());
      expect(run.stderr).toContain('is restored');
      const neutral = (text: string) => text.replaceAll(/DEFINER=`[^`]*`@`[^`]*`/g, '');
      expect(neutral(await server.dump(database))).toBe(neutral(before));
    });

    it('fails without a backup when the dump fails', async () => {
      const run = await bench.run('backup', parameters({ BM_PARAM_DB: 'missing' }));
      expect(run.code).not.toBe(0);
      expect(existsSync(bench.store)).toBe(false);
    });

    it('fails without a backup when the server ends the dump in its middle', async () => {
      await server.sql("CREATE TABLE big AS SELECT REPEAT('x', 60000) AS t FROM mysql.seq_1_to_2000", database);
      const running = bench.run('backup', parameters());
      for (;;) {
        const id = (
          await server.sql(
            `SELECT id FROM information_schema.processlist WHERE info LIKE '%SQL_NO_CACHE%big%' AND info NOT LIKE '%processlist%'`,
          )
        ).trim();
        if (id !== '') {
          await server.sql(`KILL ${id.split('\n')[0]}`);
          break;
        }
      }
      expect((await running).code).not.toBe(0);
      expect(existsSync(bench.store)).toBe(false);
    });

    it('shows the password nowhere', async () => {
      await server.sql('CREATE TABLE t (i int)', database);
      const backup = await bench.run('backup', parameters());
      const restore = await bench.run('restore', parameters());
      expect(restore).toMatchObject({ code: 0 });
      const shown =
        backup.stdout + backup.stderr + restore.stdout + restore.stderr + readFileSync(`${bench.store}.args`, 'utf8');
      expect(shown).not.toContain(password);
    });

    it('takes options for the dump, and none that lead astray', async () => {
      await server.sql('CREATE TABLE t (i int); INSERT INTO t VALUES (1)', database);
      const options = { BM_PARAM_DUMPOPTIONS: "--no-data '--where=i > 0'" };
      expect(await bench.run('backup', parameters(options))).toMatchObject({ code: 0 });
      expect(readFileSync(bench.store, 'utf8')).not.toContain('INSERT INTO');
      const wrong = await bench.run('backup', parameters({ BM_PARAM_DUMPOPTIONS: '--result-file=/tmp/x' }));
      expect(wrong.code).not.toBe(0);
      expect(wrong.stderr).toContain('dumpOptions');
    });
  });

  it('brings all databases back, and leaves those alone that the backup does not have', async () => {
    for (const name of (await server.databases()).filter((each) => !/^(mysql|sys|.*_schema)$/.test(each))) {
      await server.sql(`DROP DATABASE ${quoted(name.replaceAll('\\\\', '\\'))}`);
    }
    await server.sql('CREATE DATABASE first CHARACTER SET latin1; CREATE DATABASE `second ``one`');
    await fill('first');
    await fill('second `one');
    await server.sql('CREATE VIEW across AS SELECT title FROM first.parents', 'second `one');
    const before = [await server.dump('first'), await server.dump('second `one')];
    expect(await bench.run('backup', parameters({ BM_PARAM_DB: '' }))).toMatchObject({ code: 0 });
    await change('first');
    await server.sql('DROP DATABASE `second ``one`; CREATE DATABASE third; CREATE TABLE third.t (i int)');
    const run = await bench.run('restore', parameters({ BM_PARAM_DB: '' }));
    expect(run.stderr).toContain('is restored');
    expect(run.code).toBe(0);
    expect([await server.dump('first'), await server.dump('second `one')]).toEqual(before);
    expect(await server.databases()).toContain('third');
    await change('first');
    const one = await bench.run('restore', parameters({ BM_PARAM_DB: 'first' }));
    expect(one.code).toBe(0);
    expect(await server.dump('first')).toBe(before[0]);
    const missing = await bench.run('restore', parameters({ BM_PARAM_DB: 'fourth' }));
    expect(missing.stderr).toContain('is not one of them');
    expect(missing.code).not.toBe(0);
    await nothingLeft();
  });

  describe('a parameter', () => {
    beforeAll(async () => {
      await freshDatabase();
      await server.sql('CREATE TABLE t (i int)', database);
    });

    it('is not complained about when it is right', async () => {
      expect((await bench.run('check', parameters())).stdout).toBe('');
      expect((await bench.run('check', parameters({ BM_PARAM_DB: '' }))).stdout).toBe('');
      expect((await bench.run('check', parameters({ BM_OPERATION: 'restore' }))).stdout).toBe('');
    });

    it.each([
      [{ BM_PARAM_HOSTNAME: 'nohost.invalid' }, /^hostname\tThere is no host named/],
      [{ BM_PARAM_PORT: '1' }, /^port\tNothing listens/],
      [{ BM_PARAM_PORT: 'x' }, /^port\tA number/],
      [{ BM_PARAM_PASSWORD: 'wrong' }, /^password\tThe server refused/],
      [{ BM_PARAM_DB: 'missing' }, /^db\tThe server has no database/],
      [{ BM_PARAM_USER: '' }, /^user\tSay which/],
      [{ BM_PARAM_USER: 'reader', BM_PARAM_PASSWORD: 'r' }, /^db\tThe user reader may not use/],
      [{ BM_PARAM_USER: 'reader', BM_PARAM_PASSWORD: 'r', BM_PARAM_DB: '' }, /^user\tThe user reader sees no database/],
      [{ BM_PARAM_PASSWORD: '${NOT_SET}' }, /^password\tThe value cannot be used/],
      [{ BM_PARAM_DUMPOPTIONS: '--password=x' }, /^dumpOptions\tThe password has/],
    ])('is checked: %j', async (wrong, expected) => {
      const run = await bench.run('check', parameters(wrong));
      expect(run.stdout).toMatch(expected);
      expect(run.code).toBe(0);
    });
  });
});
