import { expect } from 'chai';
import type { StoredInstance } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { PictureRequest } from '../../src/pixels/decode-thread.ts';
import { TooCostly } from '../../src/pixels/threads.ts';
import { Previews } from '../../src/services/previews.ts';
import { refusalOf } from '../storage/problems.ts';

const MEGABYTE = 1024 * 1024;

function instance(number: number): StoredInstance {
  return {
    sopInstanceUid: `1.2.${number}`,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    seriesInstanceUid: '1.2',
    studyInstanceUid: '1',
    transferSyntaxUid: '1.2.840.10008.1.2',
    sizeBytes: 1000,
    dataSetOffset: 400,
    sha256: String(number).padStart(64, '0'),
    arrivedAt: 0,
    sourceAeTitle: 'CT1',
    week: '2026-W47',
  };
}

describe('Previews', () => {
  const requests: PictureRequest[] = [];
  let paint: (request: PictureRequest) => Promise<Buffer>;
  let isOnline: boolean;
  let now: number;
  let previews: Previews;
  beforeEach(() => {
    requests.length = 0;
    paint = async () => Buffer.from('png');
    isOnline = true;
    now = 0;
    previews = new Previews({
      files: {
        pathOf: ({ sopInstanceUid }) => `/volume/${sopInstanceUid}.dcm`,
        async assertOnline() {
          if (!isOnline) throw new Problem('volume-offline', 'the volume is not there');
        },
      },
      painter: {
        paint(request) {
          requests.push(request);
          return paint(request);
        },
        close: async () => undefined,
      },
      now: () => now,
    });
  });

  it('are made of the file of the instance', async () => {
    const { png } = await previews.picture(instance(1), { frame: 3, sizeMax: 256 });

    expect(png.toString()).to.equal('png');
    expect(requests).to.deep.equal([
      {
        path: '/volume/1.2.1.dcm',
        dataSetOffset: 400,
        sizeBytes: 1000,
        transferSyntaxUid: '1.2.840.10008.1.2',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        frame: 3,
        sizeMax: 256,
      },
    ]);
  });

  it('are made once for all who ask, now and later', async () => {
    const both = await Promise.all([1, 2].map(() => previews.picture(instance(1), { sizeMax: 256 })));
    const later = await previews.picture(instance(1), { sizeMax: 256 });

    expect(both[1]).to.deep.equal(both[0]);
    expect(later).to.deep.equal(both[0]);
    expect(requests).to.have.lengthOf(1);
  });

  it('have a tag each for instance, frame and size, known before they are made', async () => {
    const wishes = [
      [1, { sizeMax: 256 }],
      [1, { sizeMax: 128 }],
      [1, { sizeMax: 256, frame: 1 }],
      [2, { sizeMax: 256 }],
    ] as const;

    const etags = wishes.map(([number, options]) => previews.etag(instance(number), options));
    const made = await Promise.all(
      wishes.map(async ([number, options]) => (await previews.picture(instance(number), options)).etag),
    );

    expect(new Set(etags).size).to.equal(4);
    expect(made).to.deep.equal(etags);
    expect(etags[0]).to.match(/^"[\x21\x23-\x7e]+"$/);
    expect(requests).to.have.lengthOf(4);
  });

  it('are dropped when they take too much memory, those not asked for longest first', async () => {
    paint = async () => Buffer.alloc(12 * MEGABYTE);
    const ask = (number: number) => previews.picture(instance(number), { sizeMax: 256 });
    await ask(1);
    await ask(2);
    await ask(1);
    await ask(3);
    requests.length = 0;

    await ask(1);
    await ask(3);
    expect(requests).to.have.lengthOf(0);
    await ask(2);
    expect(requests).to.have.lengthOf(1);
  });

  it('are given and not kept where one takes more memory than all may', async () => {
    paint = async () => Buffer.alloc(33 * MEGABYTE);
    await previews.picture(instance(1), { sizeMax: 256 });

    const { png } = await previews.picture(instance(1), { sizeMax: 256 });

    expect(png).to.have.lengthOf(33 * MEGABYTE);
    expect(requests).to.have.lengthOf(2);
  });

  it('are refused for a minute without trying again', async () => {
    paint = async () => {
      throw new Problem('not-renderable', 'a waveform has no picture');
    };
    const ask = () => refusalOf(previews.picture(instance(1), { sizeMax: 256 }));

    const refusals = [await ask(), await ask()];
    expect(refusals).to.deep.equal(Array(2).fill('not-renderable: a waveform has no picture'));
    expect(requests).to.have.lengthOf(1);

    now = 60_001;
    await ask();
    expect(requests).to.have.lengthOf(2);
  });

  it('are refused for an hour, in any size, where one has cost too much', async () => {
    paint = async () => {
      throw new TooCostly('the picture was not there after 10000 ms');
    };
    const ask = (sizeMax: number, frame = 1) => refusalOf(previews.picture(instance(1), { sizeMax, frame }));

    await ask(256);
    now = 3_599_000;
    expect(await ask(128)).to.equal('not-renderable: the picture was not there after 10000 ms');
    expect(requests).to.have.lengthOf(1);

    await ask(128, 2);
    now = 3_600_001;
    await ask(128);
    expect(requests).to.have.lengthOf(3);
  });

  it('are tried again at once where there was too much to do', async () => {
    paint = async () => {
      throw new Problem('backlog-full', '32 pictures wait to be made already');
    };
    expect(await refusalOf(previews.picture(instance(1), { sizeMax: 256 }))).to.match(/^backlog-full/);

    paint = async () => Buffer.from('png');
    expect((await previews.picture(instance(1), { sizeMax: 256 })).png.toString()).to.equal('png');
  });

  it('of a data set that we cannot read are not renderable', async () => {
    paint = async () => {
      throw new Problem('unreadable-data-set', '(0028,0010) at byte 12: longer than what holds it');
    };

    const refusal = await refusalOf(previews.picture(instance(1), { sizeMax: 256 }));

    expect(refusal).to.equal('not-renderable: (0028,0010) at byte 12: longer than what holds it');
  });

  it('wait a moment for a file that is being filed', async () => {
    paint = async () => {
      if (requests.length === 1) throw new Problem('not-found', 'no file');
      return Buffer.from('png');
    };

    const { png } = await previews.picture(instance(1), { sizeMax: 256 });

    expect(png.toString()).to.equal('png');
  });

  it('are refused as offline where the volume is away, and not as missing', async () => {
    paint = async () => {
      throw new Problem('not-found', 'no file');
    };
    isOnline = false;

    expect(await refusalOf(previews.picture(instance(1), { sizeMax: 256 }))).to.match(/^volume-offline/);
  });
});
