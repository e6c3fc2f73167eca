import { expect } from 'chai';
import { createProgress, type Progress } from '../../src/lib/progress.ts';

const CLEAR_LINE = '\r\u001b[K';

describe('createProgress', () => {
  let nowMs: number;
  let output: string;
  beforeEach(() => {
    nowMs = 5000;
    output = '';
  });

  function start(terminal: { columns: number } | undefined, total?: number): Progress {
    const stream = {
      isTTY: terminal !== undefined,
      columns: terminal?.columns ?? 0,
      write: (text: string) => (output += text),
    };
    return createProgress({ label: 'reindex', unit: 'instances', total, stream, nowMs: () => nowMs });
  }

  it('writes a line every ten seconds where there is no terminal, with rate and time left', () => {
    const progress = start(undefined, 1000);

    for (let second = 0; second < 25; second++) {
      nowMs += 1000;
      progress.advance(20);
    }

    expect(output.split('\n')).to.deep.equal([
      'reindex: 20% 200/1000 instances, 20 instances/s, 40 s left',
      'reindex: 40% 400/1000 instances, 20 instances/s, 30 s left',
      '',
    ]);
  });

  it('redraws one line on a terminal, ten times a second at most, and never fills its last column', () => {
    const progress = start({ columns: 80 }, 100);

    for (let ms = 0; ms < 1000; ms += 10) {
      nowMs += 10;
      progress.advance();
    }

    const drawn = output.split(CLEAR_LINE).slice(1);
    expect(drawn).to.have.lengthOf(11);
    expect(drawn[5]).to.match(/^reindex \[#+-+\] 50% 50\/100 instances, 100 instances\/s, 1 s left$/);
    for (const line of drawn) expect(line.length).to.be.below(80);
    expect(output).to.not.contain('\n');
  });

  it('fits a narrow terminal', () => {
    const progress = start({ columns: 20 }, 100);

    nowMs += 1000;
    progress.advance(50);

    for (const line of output.split(CLEAR_LINE)) expect(line.length).to.be.below(20);
  });

  it('ends with a line of its own, once', () => {
    const progress = start({ columns: 80 }, 10);

    nowMs += 200_000;
    progress.advance(10);
    progress.end();
    progress.end();
    progress.advance();

    expect(output.split(CLEAR_LINE).at(-1)).to.equal(
      'reindex: 10 instances in 3 min 20 s, 0.050 instances/s\n',
    );
  });

  it('counts without a total', () => {
    const progress = start(undefined);

    nowMs += 10_000;
    progress.advance(30);

    expect(output).to.equal('reindex: 30 instances, 3.0 instances/s\n');
  });

  it('keeps a line that is said above the bar', () => {
    const progress = start({ columns: 80 }, 10);

    progress.say('one.dcm is damaged');

    const [, first, said, bar] = output.split(CLEAR_LINE);
    expect(first).to.equal(bar);
    expect(said).to.equal('one.dcm is damaged\n');
    expect(bar).to.match(/^reindex \[-+\] 0% 0\/10 instances$/);
  });

  it('stays at 100 % when more comes than was expected', () => {
    const progress = start(undefined, 10);

    nowMs += 10_000;
    progress.advance(20);

    expect(output).to.contain('100% 20/10').and.contain(', 0 s left');
  });
});
