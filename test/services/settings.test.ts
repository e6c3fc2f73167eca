import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { NewEvent } from '../../src/services/activity-kinds.ts';
import {
  PortProblem,
  type Settings,
  SettingsService,
  type SettingsServiceOptions,
} from '../../src/services/settings.ts';
import { fakeClock } from '../helpers/fake-clock.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { refusalOf } from '../storage/problems.ts';
import { memoryLog } from './fixtures.ts';

const CONFIGURED: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['DICOMKEEP'],
  dimsePort: 11_112,
  tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 2762 },
  unknownCallers: 'store',
  maximumAssociations: 100,
  duplicates: 'keep',
  reserveBytes: 1000,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};
const OWNER = { name: 'anna', address: '192.0.2.5' };

describe('SettingsService', () => {
  let folder: string;
  let file: string;
  let row: unknown;
  let isDown: boolean;
  /** What happened to listeners, catalogue and copy, in order. */
  let steps: string[];
  let takenPorts: number[];
  let trusted: number;
  let events: NewEvent[];
  let log: ReturnType<typeof memoryLog>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-settings-'));
    file = join(folder, 'settings.json');
    row = undefined;
    isDown = false;
    steps = [];
    takenPorts = [];
    trusted = 0;
    events = [];
    log = memoryLog();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function serviceOf(
    configured: Settings = CONFIGURED,
    changes: Partial<SettingsServiceOptions> = {},
  ): SettingsService {
    const answer = async <Value>(value: () => Value): Promise<Value> => {
      if (isDown) throw new Problem('catalog-unavailable', 'down');
      return value();
    };
    return new SettingsService({
      configured,
      settings: {
        get: () => answer(() => (row === undefined ? undefined : { value: row })),
        set: (_name, value) =>
          answer(() => {
            steps.push('kept');
            row = JSON.parse(JSON.stringify(value));
          }),
      },
      file,
      listeners: {
        async prepare({ dimsePort }) {
          if (takenPorts.includes(dimsePort))
            throw new PortProblem('dimsePort', `cannot listen on port ${dimsePort}`);
          steps.push(`bound ${dimsePort}`);
          return { commit: () => steps.push('served'), abort: () => steps.push('closed') };
        },
        open: async () => [],
      },
      adminPort: () => 8104,
      trustedCertificates: () => trusted,
      record: (event) => events.push(event),
      log,
      ...changes,
    });
  }

  it('are those of the configuration until something is changed', async () => {
    const service = serviceOf();

    await service.load();

    expect(service.current).to.deep.equal(CONFIGURED);
    expect(existsSync(file)).to.equal(false);
  });

  it('are changed in this order: new ports bound, kept in the catalogue, served; then told', async () => {
    const service = serviceOf();
    const seen: Settings[][] = [];
    service.onChange((now, before) => seen.push([now, before]));
    const next: Settings = { ...CONFIGURED, dimsePort: 104, aeTitles: ['A', 'B'] };

    expect(await service.change(next, OWNER)).to.deep.equal(next);

    expect(service.current).to.deep.equal(next);
    expect(steps).to.deep.equal(['bound 104', 'kept', 'served']);
    expect(seen).to.deep.equal([[next, CONFIGURED]]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(next);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(events).to.deep.equal([
      {
        kind: 'setting-changed',
        severity: 'info',
        words: 'anna changed aeTitles from "DICOMKEEP" to "A, B".',
        fields: { by: 'anna', address: '192.0.2.5', setting: 'aeTitles', before: 'DICOMKEEP', after: 'A, B' },
      },
      {
        kind: 'setting-changed',
        severity: 'info',
        words: 'anna changed dimsePort from "11112" to "104".',
        fields: { by: 'anna', address: '192.0.2.5', setting: 'dimsePort', before: '11112', after: '104' },
      },
    ]);
  });

  it('stay as a whole where a port cannot be bound, or the catalogue is away', async () => {
    const service = serviceOf();
    takenPorts = [104];
    const next: Settings = { ...CONFIGURED, dimsePort: 104, language: 'fr' };

    expect(await refusalOf(service.change(next, OWNER))).to.equal(
      'unusable-setting: cannot listen on port 104',
    );
    isDown = true;
    expect(await refusalOf(service.change({ ...next, dimsePort: 105 }, OWNER))).to.equal(
      'catalog-unavailable: down',
    );

    expect(service.current).to.deep.equal(CONFIGURED);
    expect(steps).to.deep.equal(['bound 105', 'closed']);
    expect(events).to.deep.equal([]);
    expect(existsSync(file)).to.equal(false);
    isDown = false;
    await service.change({ ...next, dimsePort: 106 }, OWNER);
    expect(service.current.dimsePort, 'what failed holds nothing up').to.equal(106);
  });

  it('come back into the catalogue where a change failed that was written nevertheless, and late', async () => {
    const clock = fakeClock();
    const writes: (() => void)[] = [];
    let isHanging = true;
    const settings = {
      get: async () => (row === undefined ? undefined : { value: row }),
      async set(_name: string, value: unknown) {
        if (!isHanging) {
          row = value;
          return;
        }
        writes.push(() => {
          row = value;
        });
        throw new Problem('catalog-unavailable', 'no answer after 60 s');
      },
    };
    const service = serviceOf(CONFIGURED, { settings, clock });
    expect(await refusalOf(service.change({ ...CONFIGURED, language: 'fr' }, OWNER))).to.match(
      /^catalog-unavailable/,
    );

    await clock.advance(4000);
    isHanging = false;
    for (const write of writes) write();
    expect(row).to.have.property('language', 'fr');
    await clock.advance(10_000);
    expect(row).to.deep.equal(CONFIGURED);

    await service.change({ ...CONFIGURED, language: 'ja' }, OWNER);
    row = { ...CONFIGURED, language: 'zh-CN' };
    await clock.advance(60_000);
    expect(row, 'is looked at no more once it was right for a while').to.have.property('language', 'zh-CN');
  });

  it('are loaded from the copy where the catalogue is away, and the catalogue is asked again', async () => {
    writeFileSync(file, JSON.stringify({ ...CONFIGURED, language: 'fr' }));
    row = { ...CONFIGURED, language: 'ja' };
    const service = serviceOf();

    isDown = true;
    expect(await service.load()).to.equal(false);
    expect(service.current.language).to.equal('fr');

    isDown = false;
    expect(await service.load()).to.equal(true);
    expect(service.current.language).to.equal('ja');
  });

  it('go one after the other, each against what the one before has left', async () => {
    const service = serviceOf();

    await Promise.all([
      service.change({ ...CONFIGURED, language: 'fr' }, OWNER),
      service.change({ ...CONFIGURED, language: 'ja' }, OWNER),
    ]);

    expect(events.map(({ fields }) => `${fields['before']} ${fields['after']}`)).to.deep.equal([
      'en fr',
      'fr ja',
    ]);
    expect(service.current.language).to.equal('ja');
  });

  it('are checked without being changed: ports are tried and let go of', async () => {
    const service = serviceOf();
    takenPorts = [104];

    expect(await service.check({ ...CONFIGURED, dimsePort: 105 })).to.deep.equal({
      effects: [
        {
          effect: 'dimse-port-moves',
          setting: 'dimsePort',
          before: '11112',
          after: '105',
          words:
            'Modalities and workstations must call port 105: port 11112 is closed. Associations that are open go on to their end.',
        },
      ],
      problems: [],
    });
    expect(steps).to.deep.equal(['bound 105', 'closed']);
    expect((await service.check({ ...CONFIGURED, dimsePort: 104 })).problems).to.deep.equal([
      { path: 'dimsePort', message: 'cannot listen on port 104' },
    ]);
    expect(service.current).to.deep.equal(CONFIGURED);
  });

  it('never give one port to two services', async () => {
    const service = serviceOf();
    const problems = async (changes: Partial<Settings>) =>
      (await service.check({ ...CONFIGURED, ...changes })).problems.map(({ path }) => path);
    const tls = (port: number) => ({ tls: { ...CONFIGURED.tls, isEnabled: true, port } });

    expect(await problems({ dimsePort: 8104 })).to.deep.equal(['dimsePort']);
    expect(await problems(tls(8104))).to.deep.equal(['tls.port']);
    expect(await problems(tls(11_112))).to.deep.equal(['tls.port']);
    expect(await problems({ dimsePort: 2762 }), 'TLS is off').to.deep.equal([]);
    expect(await problems({ dimsePort: 0, ...tls(0) }), 'any two').to.deep.equal([]);
    expect(steps).to.have.lengthOf(4);
  });

  it('never lock everybody out: a certificate is trusted before one is required, a repository named before it is sent to', async () => {
    const service = serviceOf();
    const required: Settings = {
      ...CONFIGURED,
      tls: { ...CONFIGURED.tls, isEnabled: true, clientCertificates: 'required', verifyPeers: true },
      audit: { isSyslogSent: true, syslogHost: '', syslogPort: 6514 },
    };

    expect((await service.check(required)).problems).to.deep.equal([
      {
        path: 'tls.clientCertificates',
        message: 'no certificate is trusted: with client certificates required, nobody could call by TLS',
      },
      { path: 'tls.verifyPeers', message: 'no certificate is trusted: no peer could be called by TLS' },
      {
        path: 'audit.syslogHost',
        message: 'audit messages cannot be sent without the address of the audit repository',
      },
    ]);
    expect(await refusalOf(service.change(required, OWNER))).to.match(/^unusable-setting: no certificate/);
    expect(service.current).to.deep.equal(CONFIGURED);
    trusted = 1;
    const named = { ...required, audit: { ...required.audit, syslogHost: '192.0.2.9' } };
    expect(await service.change(named, OWNER)).to.deep.equal(named);
  });

  it('keep what a row of an earlier version says within a section, and take what it does not know from the configuration', async () => {
    row = {
      ...CONFIGURED,
      tls: { isEnabled: true, port: 2763 },
      audit: { isSyslogSent: true, syslogHost: 'audit.example.org', syslogPort: 0 },
    };
    const configured: Settings = { ...CONFIGURED, tls: { ...CONFIGURED.tls, profile: 'modified-bcp195' } };
    const service = serviceOf(configured);

    await service.load();

    expect(service.current.tls).to.deep.equal({ ...configured.tls, isEnabled: true, port: 2763 });
    expect(service.current.audit).to.deep.equal({
      isSyslogSent: true,
      syslogHost: 'audit.example.org',
      syslogPort: 6514,
    });
    expect(log.lines.map(({ fields }) => fields['setting'])).to.deep.equal(['audit.syslogPort']);
  });

  it('are those of the page at the next start, whatever the configuration says then', async () => {
    await serviceOf().change({ ...CONFIGURED, aeTitles: ['PAGE'] }, OWNER);
    const service = serviceOf({ ...CONFIGURED, aeTitles: ['FILE'], dimsePort: 4242 });

    await service.load();

    expect(service.current).to.deep.equal({ ...CONFIGURED, aeTitles: ['PAGE'] });
  });

  it('are those of the copy while the catalogue is away', async () => {
    await serviceOf().change({ ...CONFIGURED, aeTitles: ['PAGE'] }, OWNER);
    isDown = true;
    const service = serviceOf();

    await service.load();

    expect(service.current.aeTitles).to.deep.equal(['PAGE']);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(['settings are those of the copy']);
  });

  it('are taken one by one of a row that another version has written, the rest as configured', async () => {
    const { language, ...others } = CONFIGURED;
    row = { ...others, aeTitles: ['PAGE'], logLevel: 'trace', dimsePort: -1, future: language };
    const service = serviceOf();

    await service.load();

    expect(service.current).to.deep.equal({ ...CONFIGURED, aeTitles: ['PAGE'] });
    expect(log.lines.map(({ fields }) => fields['setting'])).to.have.members(['dimsePort', 'logLevel']);
  });

  it('survive a copy that is damaged or cannot be written, and say so', async () => {
    writeFileSync(file, '{"aeTitles":');
    isDown = true;
    const service = serviceOf();
    await service.load();
    expect(service.current).to.deep.equal(CONFIGURED);

    isDown = false;
    rmSync(file);
    mkdirSync(file);
    chmodSync(file, 0o500);
    await service.change({ ...CONFIGURED, language: 'fr' }, OWNER);

    expect(service.current.language).to.equal('fr');
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).to.include.members([
      'error settings',
      'error settings not copied',
    ]);
  });
});
