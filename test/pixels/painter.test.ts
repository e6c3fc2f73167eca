import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { uids } from '../../src/dicom/uids.ts';
import type { PictureRequest } from '../../src/pixels/decode-thread.ts';
import { pixelLimits } from '../../src/pixels/limits.ts';
import { Painter, type PainterLimits } from '../../src/pixels/painter.ts';
import { TooCostly } from '../../src/pixels/threads.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { refusalOf } from '../storage/problems.ts';
import { encapsulatedPixelData, type ImageRecipe, imageOf, nativePixelData } from './fixtures.ts';

const NATIVE: ImageRecipe = {
  module: { rows: 16, columns: 16, numberOfFrames: 3 },
  pixelData: nativePixelData(Buffer.from(Array.from({ length: 3 * 256 }, (_, at) => at >> 8))),
};
/** A JPEG-LS stream that ends after its frame header. */
const BROKEN: ImageRecipe = {
  module: { rows: 16, columns: 16 },
  transferSyntaxUid: uids.JPEGLSLossless,
  pixelData: encapsulatedPixelData([], [Buffer.from('ffd8fff7000b0800100010010111000000', 'hex')]),
};

describe('Painter', () => {
  const folder = temporaryFolder('painter');
  let painter: Painter;
  afterEach(() => painter.close());
  after(() => removeFolder(folder));

  function begin(limits: Partial<PainterLimits> = {}): void {
    painter = new Painter({ ...pixelLimits, ...limits });
  }

  /** Written behind some bytes, as behind File Meta Information. */
  function requestOf(
    name: string,
    recipe: ImageRecipe,
    changes: Partial<PictureRequest> = {},
  ): PictureRequest {
    const path = join(folder, name);
    const bytes = imageOf(recipe);
    writeFileSync(path, Buffer.concat([Buffer.alloc(100), bytes]));
    return {
      path,
      dataSetOffset: 100,
      sizeBytes: bytes.length,
      transferSyntaxUid: recipe.transferSyntaxUid ?? uids.ExplicitVRLittleEndian,
      sopClassUid: uids.SecondaryCaptureImageStorage,
      frame: undefined,
      sizeMax: 256,
      ...changes,
    };
  }

  it('paints the frame that is asked for, else the one in the middle', async () => {
    begin();
    const shadeOf = async (frame: number | undefined) =>
      decode(await painter.paint(requestOf('native', NATIVE, { frame }))).data[0];

    expect(await Promise.all([shadeOf(1), shadeOf(3), shadeOf(undefined)])).to.deep.equal([0, 2, 1]);
  });

  it('refuses with the words of its thread, and goes on', async () => {
    begin();

    const missing = await refusalOf(painter.paint(requestOf('native', NATIVE, { frame: 4 })));
    const gone = await refusalOf(
      painter.paint({ ...requestOf('native', NATIVE), path: join(folder, 'gone') }),
    );

    expect(missing).to.equal('not-found: no frame 4: the instance has 3');
    expect(gone).to.match(/^not-found: no file/);
    expect(await painter.paint(requestOf('native', NATIVE))).to.be.instanceOf(Buffer);
  });

  it('refuses what a decoder fails at, and paints on in a new thread', async () => {
    begin();

    const answers = await Promise.all([
      refusalOf(painter.paint(requestOf('broken', BROKEN))),
      painter.paint(requestOf('native', NATIVE)),
      refusalOf(painter.paint(requestOf('broken', BROKEN))),
      painter.paint(requestOf('native', NATIVE)),
    ]);

    expect(answers[0]).to.match(/^not-renderable: the jpeg-ls stream cannot be decoded/);
    expect(answers[2]).to.equal(answers[0]);
    expect(answers[1]).to.deep.equal(answers[3]);
  });

  it('gives up after a while', async () => {
    begin({ pictureTimeoutMs: 1 });

    const first = await refusalOf(painter.paint(requestOf('native', NATIVE)));

    expect(first).to.equal('not-renderable: the picture was not there after 1 ms');
  });

  it('gives up when the process grows by more than it may', async () => {
    begin({ growthBytesMax: 1, growthLookMs: 5 });

    const refused = await painter.paint(requestOf('native', NATIVE)).catch((error: unknown) => error);

    expect(refused).to.be.instanceOf(TooCostly);
    expect(String(refused)).to.match(/the picture takes more memory than it may/);
  });

  it('refuses all that wait where no thread can be had, and goes on', async () => {
    painter = new Painter(pixelLimits, new URL('http://127.0.0.1/no-thread'));
    const request = requestOf('native', NATIVE);

    for (const refusal of await Promise.all([1, 2].map(() => refusalOf(painter.paint(request)))))
      expect(refusal).to.match(/^backlog-full: no thread can be had for the picture/);
    expect(await refusalOf(painter.paint(request))).to.match(/^backlog-full/);
  });

  it('refuses when too many wait, and paints those that do', async () => {
    begin({ queueMax: 2 });
    const request = requestOf('native', NATIVE);

    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        painter.paint(request).then(
          () => 'painted',
          (error: Error) => error.message,
        ),
      ),
    );

    expect(answers).to.deep.equal([
      ...Array(3).fill('painted'),
      ...Array(2).fill('2 pictures wait to be made already'),
    ]);
  });

  it('begins anew when its thread has ended for lack of work', async () => {
    begin({ idleMs: 1 });

    const first = await painter.paint(requestOf('native', NATIVE));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await painter.paint(requestOf('native', NATIVE));

    expect(second).to.deep.equal(first);
  });

  it('refuses what waits when it is closed, and what comes later', async () => {
    begin();
    const waiting = [1, 2].map((frame) => refusalOf(painter.paint(requestOf('native', NATIVE, { frame }))));

    await painter.close();

    const late = refusalOf(painter.paint(requestOf('native', NATIVE)));
    expect(await Promise.all([...waiting, late])).to.deep.equal(
      Array(3).fill('cancelled: the archive is being stopped'),
    );
  });
});
