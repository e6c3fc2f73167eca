import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { keepCatalogReady, openVolume } from '../../src/cli/volume-start.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { SettingsService } from '../../src/services/settings.ts';
import { Volume } from '../../src/storage/volume.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { memoryLog } from '../services/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const OTHER_ID = '00000000-0000-4000-8000-000000000000';
const never = () => new Promise<never>(() => undefined);

describe('The volume at the start (DESIGN promise 7)', () => {
  let folder = '';
  let steps: string[];
  beforeEach(() => {
    folder = temporaryFolder('volume-start');
    steps = [];
  });
  afterEach(() => removeFolder(folder));

  function catalogOf(ids: string[], { isNew = false, migrate = async (): Promise<string[]> => [] } = {}) {
    const volumes = {
      hasTable: async () => !isNew,
      async ids() {
        steps.push('ids');
        return ids;
      },
      async add(id: string) {
        steps.push(`add ${id}`);
      },
    };
    return {
      volumes: volumes as Catalog['volumes'],
      migrate() {
        steps.push('migrate');
        return migrate();
      },
    };
  }

  const open = (catalog: Pick<Catalog, 'volumes' | 'migrate'>, patienceMs = 50) => {
    const { config } = loadConfig({ siteFile: undefined });
    const storage = { ...config.storage, volumeDir: folder, reserveBytes: 0 };
    return openVolume({ ...config, storage }, catalog, memoryLog(), patienceMs);
  };

  it('is known although its catalogue is being migrated for minutes', async () => {
    const marker = { format: 1, id: OTHER_ID, createdAt: '' };
    writeFileSync(join(folder, 'dicomkeep-volume.json'), JSON.stringify(marker));

    const volume = await open(catalogOf([ID], { migrate: never }));

    expect(volume.id).to.equal(ID);
    expect(await refusalOf(volume.assertOnline())).to.equal(`volume-offline: ${folder} is another volume`);
  });

  it('is not made anew below the mount point of one that is missing while the catalogue is being migrated', async () => {
    await open(catalogOf([ID], { migrate: never }));

    expect(existsSync(join(folder, 'dicomkeep-volume.json'))).to.equal(false);
  });

  it('is made where a catalogue without tables has been migrated and knows of none', async () => {
    const volume = await open(catalogOf([], { isNew: true }), 5000);

    expect(steps).to.deep.equal(['migrate', 'ids', 'migrate']);
    expect(volume.id).to.match(/^[0-9a-f-]{36}$/);
  });

  it('is not made where the catalogue does not answer', async () => {
    const hanging = { ...catalogOf([]), migrate: never };
    hanging.volumes.hasTable = never;

    expect((await open(hanging)).id).to.equal(undefined);
    expect(existsSync(join(folder, 'dicomkeep-volume.json'))).to.equal(false);
  });

  it('is noted in the catalogue, and settings that could not be loaded are loaded later', async function () {
    this.timeout(60_000);
    mkdirSync(join(folder, 'volume'));
    await Volume.create(join(folder, 'volume'));
    const volume = new Volume(join(folder, 'volume'), { reserveBytes: 0, expectedId: undefined });
    await volume.assertOnline();
    const answers = [new Problem('unusable-setting', 'cannot listen on port 104'), true];
    const load = async () => {
      const answer = answers.shift();
      if (answer instanceof Problem) throw answer;
      steps.push('settings');
      return true;
    };
    const log = memoryLog();

    await keepCatalogReady({
      catalog: catalogOf([]) as unknown as Catalog,
      volume,
      settings: { load } as unknown as SettingsService,
      log,
      signal: new AbortController().signal,
    });

    expect(steps).to.deep.equal(['migrate', `add ${volume.id}`, 'settings']);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(['settings']);
  });
});
