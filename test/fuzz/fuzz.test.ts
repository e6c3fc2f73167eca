import fc from 'fast-check';
import { EDIT_KINDS, type Edit, edited } from './edits.ts';
import type { FuzzTarget } from './target.ts';
import { targets } from './targets.ts';

/** Of one target, milliseconds: what `npm test` has time for. `npm run fuzz` goes on for as long as it is told. */
const TIME_LIMIT_MS = 1_000;
const RUNS_MAX = 400;

describe('Bytes of strangers: refused in words or read, whatever the cuts', () => {
  for (const target of targets) {
    it(target.name, async () => {
      await fc.assert(
        fc.asyncProperty(inputs(target), async (input) => {
          await target.check(input);
        }),
        { numRuns: RUNS_MAX, interruptAfterTimeLimit: TIME_LIMIT_MS, markInterruptAsFailure: false },
      );
    });
  }
});

/** Changed seeds, as they can be made simpler again, and now and then bytes without any sense. */
function inputs(target: FuzzTarget): fc.Arbitrary<Buffer> {
  const seeds = target.seeds();
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom(...EDIT_KINDS),
    at: fc.nat(65_535),
    size: fc.nat(255),
    value: fc.nat(0xffffffff),
  });
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 8 }))
    .map(([seed, edits]) => edited(seed, edits, seeds));
  const senseless = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: senseless });
}
