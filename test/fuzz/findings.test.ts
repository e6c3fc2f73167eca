import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hex } from '../ul/fixtures.ts';
import { targets } from './targets.ts';

const FINDINGS = join(import.meta.dirname, 'findings');

describe('What fuzzing found once', () => {
  const names = existsSync(FINDINGS) ? readdirSync(FINDINGS).filter((name) => name.endsWith('.hex')) : [];

  for (const name of names) {
    const text = readFileSync(join(FINDINGS, name), 'utf8');
    it(`${name}: ${/^; *(.*)/.exec(text)?.[1] ?? ''}`, async () => {
      const target = targets.find((one) => name.startsWith(`${one.name}.`));
      expect(target, 'target').to.not.equal(undefined);

      await target?.check(hex(text));
    });
  }
});
