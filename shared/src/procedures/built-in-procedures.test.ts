import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFile, procedureScriptsModule } from '../../scripts/procedure-scripts.ts';
import { parameterSchema } from '../api/procedures.ts';
import { builtInProcedures, findBuiltInProcedure } from './built-in-procedures.ts';
import { literalParameter, parameterVariable } from './parameter-environment.ts';

describe('built-in procedures', () => {
  it('hold the scripts that are committed as files', () => {
    expect(readFileSync(generatedFile, 'utf8')).toBe(procedureScriptsModule());
  });

  it('are found by every name that users know, and no two share one', () => {
    const known = ['postgresql', 'postgres', 'pg12', 'pg13', 'pg14', 'pg15', 'pg16', 'pg17', 'pg18', 'files', 'tar'];
    known.push('mysql', 'mysql-dump', 'mysql-dump-8.0', 'mariadb', 'redis', 'redis6', 'redis7', 'redis8', 'valkey');
    for (const name of known) expect(findBuiltInProcedure(name)?.name, name).toBeDefined();
    expect(findBuiltInProcedure('mongodb')).toBeUndefined();
    const names = builtInProcedures.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('declare parameters that a form can show', () => {
    for (const { parameters } of builtInProcedures) {
      for (const parameter of parameters) {
        expect(parameterSchema.parse(parameter)).toEqual(parameter);
        if (!parameter.required) expect(parameter.default).toBeDefined();
      }
    }
  });

  it('read every parameter that they declare, and no other', () => {
    for (const { parameters, backup, restore, check } of builtInProcedures) {
      const text = backup + restore + check;
      const declared = parameters.map(({ name }) => parameterVariable(name)).sort();
      const read = new Set([...text.matchAll(/BM_PARAM_[A-Z_]+\b/g)].map(([name]) => name));
      read.delete('BM_PARAM_');
      expect([...read].sort()).toEqual(declared);
    }
  });
});

describe('literalParameter', () => {
  it.each([
    ['plain $HOME', 'plain $HOME'],
    ['${X} $(id)', '$${X} $$(id)'],
    ['$${X}', '$$${X}'],
  ])('writes %s as %s', (value, written) => {
    expect(literalParameter(value)).toBe(written);
  });
});
