import { expect } from 'chai';
import { TransferNotes, type TransferredStudy } from '../../src/services/transfer-notes.ts';

describe('What a transfer has sent', () => {
  it('is told once, study by study and class by class, with why something was not sent', () => {
    const told: [readonly TransferredStudy[], string | undefined][] = [];
    const notes = new TransferNotes((...all) => told.push(all));

    notes.add({ studyInstanceUid: '1', sopClassUid: 'CT' }, true);
    notes.add({ studyInstanceUid: '1', sopClassUid: 'CT' }, true);
    notes.add({ studyInstanceUid: '1', sopClassUid: 'SR' }, false);
    notes.add({ studyInstanceUid: '2', sopClassUid: 'CT' }, true);
    notes.end('refused');
    notes.end();

    expect(told).to.deep.equal([
      [
        [
          { studyInstanceUid: '1', sent: new Map([['CT', 2]]), failed: new Map([['SR', 1]]) },
          { studyInstanceUid: '2', sent: new Map([['CT', 1]]), failed: new Map() },
        ],
        'refused',
      ],
    ]);
  });

  it('is told in parts where it is of very many studies', () => {
    const counts: number[] = [];
    const notes = new TransferNotes((studies) => counts.push(studies.length));

    for (let study = 0; study < 1200; study++)
      notes.add({ studyInstanceUid: `${study}`, sopClassUid: 'CT' }, true);
    notes.end();

    expect(counts).to.deep.equal([500, 500, 200]);
  });

  it('of nothing is not told', () => {
    const notes = new TransferNotes(() => expect.fail('told'));

    notes.end('no');
  });
});
