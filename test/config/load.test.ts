import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import JSON5 from 'json5';
import { ConfigError } from '../../src/config/explain.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { settingsOf, settingsSchema } from '../../src/config/settings.ts';

const CONF_DIR = join(import.meta.dirname, '../../conf');

describe('loadConfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function siteFile(text: string, name = 'site.json5'): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  function load(site: string | undefined, env: Record<string, string> = {}): LoadedConfig {
    return loadConfig({ siteFile: site, env, cwd: folder });
  }

  function issuesOf(site: string | undefined, env: Record<string, string> = {}): readonly string[] {
    try {
      load(site, env);
    } catch (error) {
      if (error instanceof ConfigError) return error.issues;
      throw error;
    }
    throw new Error('the configuration was taken');
  }

  it('gives the defaults, with everything below one data folder', () => {
    const { config, unknownVariables } = load(undefined);

    expect(config.aeTitles).to.deep.equal(['DICOMKEEP']);
    expect(config.dimse.port).to.equal(11112);
    expect(config.dataDir).to.equal(join(folder, 'data'));
    expect(config.catalog.url).to.equal(`sqlite:${join(folder, 'data/catalog.sqlite')}`);
    expect(config.log.dir).to.equal(join(folder, 'data/log'));
    expect(config.audit.dir).to.equal(join(folder, 'data/audit'));
    expect(unknownVariables).to.deep.equal([]);
  });

  it('lets the site file win over the defaults, and the environment over both', () => {
    const site = siteFile("{ dimse: { port: 104, host: '::1' }, log: { level: 'debug' } }");

    const { config, files } = load(site, { DICOMKEEP_DIMSE_PORT: '2104' });

    expect(config.dimse.port).to.equal(2104);
    expect(config.dimse.host).to.equal('::1');
    expect(config.dimse.artimTimeoutMs).to.equal(30000);
    expect(config.log.level).to.equal('debug');
    expect(files).to.deep.equal([join(CONF_DIR, 'default.json5'), site]);
  });

  it('takes every variable that custom-environment-variables.json5 names', () => {
    const { config } = load(undefined, {
      DICOMKEEP_AE_TITLE: 'NORTH, SOUTH',
      DICOMKEEP_DATA_DIR: 'images',
      DICOMKEEP_DIMSE_HOST: '127.0.0.1',
      DICOMKEEP_DIMSE_PORT: '0',
      DICOMKEEP_UNKNOWN_CALLERS: 'reject',
      DICOMKEEP_DATABASE_URL: 'mysql://a:b@db:3307/dicomkeep?socketPath=/run/db.sock',
      DICOMKEEP_LOG_LEVEL: 'warn',
      DICOMKEEP_LOG_DIR: '/var/log/dicomkeep',
      DICOMKEEP_DIMSE_TLS: 'true',
      DICOMKEEP_DIMSE_TLS_PORT: '12762',
      DICOMKEEP_DIMSE_TLS_PROFILE: 'modified-bcp195',
      DICOMKEEP_DIMSE_TLS_CLIENT_CERTIFICATES: 'required',
      DICOMKEEP_DIMSE_TLS_VERIFY_PEERS: 'true',
      DICOMKEEP_USER_IDENTITY: 'checked',
      DICOMKEEP_AUDIT_DIR: 'trail',
      DICOMKEEP_AUDIT_SYSLOG: 'true',
      DICOMKEEP_AUDIT_SYSLOG_HOST: 'audit.example.org',
      DICOMKEEP_AUDIT_SYSLOG_PORT: '7514',
      DICOMKEEP_ADMIN_HOST: '::1',
      DICOMKEEP_ADMIN_PORT: '8443',
      DICOMKEEP_ADMIN_PLAIN_HTTP: 'true',
      DICOMKEEP_ADMIN_PASSWORD_FILE: 'secret',
      DICOMKEEP_LANGUAGE: 'ja',
    });

    expect(config.aeTitles).to.deep.equal(['NORTH', 'SOUTH']);
    expect(config.dataDir).to.equal(join(folder, 'images'));
    expect(config.dimse).to.include({
      host: '127.0.0.1',
      port: 0,
      unknownCallers: 'reject',
      userIdentity: 'checked',
    });
    expect(config.catalog.url).to.equal('mysql://a:b@db:3307/dicomkeep?socketPath=/run/db.sock');
    expect(config.log).to.include({ level: 'warn', dir: '/var/log/dicomkeep' });
    expect(config.dimse.tls).to.deep.equal({
      enabled: true,
      port: 12762,
      profile: 'modified-bcp195',
      clientCertificates: 'required',
      verifyPeers: true,
    });
    expect(config.audit.dir).to.equal(join(folder, 'trail'));
    expect(config.audit.syslog).to.deep.equal({ enabled: true, host: 'audit.example.org', port: 7514 });
    expect(config.admin).to.deep.equal({
      host: '::1',
      port: 8443,
      plainHttp: true,
      passwordFile: join(folder, 'secret'),
    });
    expect(config.language).to.equal('ja');
  });

  it("reads 'true' and 'false' of a variable, and refuses what is neither", () => {
    const plainHttp = (text: string) => load(undefined, { DICOMKEEP_ADMIN_PLAIN_HTTP: text });

    expect(plainHttp('false').config.admin.plainHttp).to.equal(false);
    expect(plainHttp('').config.admin.plainHttp).to.equal(false);
    for (const text of ['1', 'yes', 'TRUE']) {
      expect(issuesOf(undefined, { DICOMKEEP_ADMIN_PLAIN_HTTP: text })).to.deep.equal([
        `admin.plainHttp: found ${JSON.stringify(text)}, wanted true or false (from the environment variable DICOMKEEP_ADMIN_PLAIN_HTTP)`,
      ]);
    }
  });

  it('gives the settings that the page may change', () => {
    const site = siteFile("{ dimse: { tls: { enabled: true } }, storage: { duplicates: 'refuse' } }");

    const settings = settingsOf(load(site).config);

    expect(settingsSchema.parse(settings)).to.deep.equal(settings);
    expect(settings).to.deep.include({
      aeTitles: ['DICOMKEEP'],
      dimsePort: 11112,
      tls: {
        isEnabled: true,
        port: 2762,
        profile: 'bcp195',
        clientCertificates: 'not-asked',
        verifyPeers: false,
      },
      userIdentity: 'ignored',
      audit: { isSyslogSent: false, syslogHost: '', syslogPort: 6514 },
      duplicates: 'refuse',
      language: 'en',
      plainHttp: false,
    });
  });

  it('finds the site file in DICOMKEEP_CONFIG, and prefers --config', () => {
    const one = siteFile('{ dimse: { port: 1 } }', 'one.json5');
    const two = siteFile('{ dimse: { port: 2 } }', 'two.json');

    expect(load(undefined, { DICOMKEEP_CONFIG: 'one.json5' }).config.dimse.port).to.equal(1);
    expect(load(two, { DICOMKEEP_CONFIG: one }).config.dimse.port).to.equal(2);
  });

  it('names all wrong and unknown keys at once: path, what was found, what is wanted, and from where', () => {
    const site = siteFile(
      "{ dimse: { prt: 3, pduBytesMax: 4095 }, storage: null, aeTitles: ['A\\\\B'], extra: 1 }",
    );

    const issues = issuesOf(site, { DICOMKEEP_DIMSE_PORT: 'http', DICOMKEEP_LOG_LEVEL: 'loud' });

    expect(issues).to.have.members([
      'dimse.port: found "http", wanted a whole number from 0 to 65535 (from the environment variable DICOMKEEP_DIMSE_PORT)',
      `dimse.prt: unknown key, did you mean port? (from ${site})`,
      `dimse.pduBytesMax: found 4095, wanted a whole number from 4096 to 1048576 (from ${site})`,
      `storage: found null, wanted a section { … } (from ${site})`,
      `aeTitles.0: found "A\\\\B", wanted an AE title: 1 to 16 ASCII characters, no backslash (from ${site})`,
      `extra: unknown key (from ${site})`,
      `log.level: found "loud", wanted 'error' or 'warn' or 'info' or 'debug' (from the environment variable DICOMKEEP_LOG_LEVEL)`,
    ]);
  });

  it('refuses an AE title of 17 characters, an empty one, and the same one twice', () => {
    expect(issuesOf(undefined, { DICOMKEEP_AE_TITLE: 'ABCDEFGHIJKLMNOPQ' })).to.have.lengthOf(1);
    expect(issuesOf(undefined, { DICOMKEEP_AE_TITLE: 'A, ,B' })).to.have.lengthOf(1);
    expect(issuesOf(undefined, { DICOMKEEP_AE_TITLE: 'A,A ' })).to.have.lengthOf(1);
    expect(load(undefined, { DICOMKEEP_AE_TITLE: 'ABCDEFGHIJKLMNOP' }).config.aeTitles).to.have.lengthOf(1);
  });

  it('never repeats the password of a database URL', () => {
    for (const url of [
      'mysq://me:hunter2@host/db',
      'mysql://me:hunter2@host:1',
      'hunter2@host',
      'mysql:/hunter2',
    ]) {
      const issues = issuesOf(undefined, { DICOMKEEP_DATABASE_URL: url }).join();

      expect(issues, url).to.contain('catalog.url').and.not.contain('hunter2');
    }
    expect(issuesOf(siteFile("{ catalog: ['hunter2'] }")).join()).to.not.contain('hunter2');
  });

  it('names a site file that is missing, is no JSON5, holds no section, or could be run as a program', () => {
    expect(issuesOf('absent.json5')).to.deep.equal([`${join(folder, 'absent.json5')}: no such file`]);
    expect(issuesOf(siteFile('{ dimse: ')).join())
      .to.contain('site.json5')
      .and.contain('invalid end of input');
    expect(issuesOf(siteFile('[1]')).join()).to.contain('holds one section');
    expect(issuesOf(siteFile('process.exit(3)', 'site.js')).join()).to.contain('ends in .json5 or .json');
  });

  it('tells of DICOMKEEP_ variables that set nothing, and goes on', () => {
    const { unknownVariables } = load(undefined, { DICOMKEEP_AETITLE: 'X', OTHER: 'y' });

    expect(unknownVariables).to.deep.equal(['DICOMKEEP_AETITLE']);
  });

  it("is deaf to node-config's own variables", () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      NODE_ENV: 'custom-environment-variables', // A file that is there: if it were merged, its keys would be wrong.
      NODE_APP_INSTANCE: '7',
      NODE_CONFIG: '{"dimse":{"port":1}}',
      NODE_CONFIG_ENV: 'custom-environment-variables',
      NODE_CONFIG_DIR: folder,
    });
    writeFileSync(join(folder, 'default.json5'), '{ dimse: { port: 2 } }');
    try {
      expect(load(undefined).config).to.deep.equal(loadConfig({ env: {}, cwd: folder }).config);
      expect(load(undefined).config.dimse.port).to.equal(11112);
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });
});

describe('conf/default.json5', () => {
  const text = readFileSync(join(CONF_DIR, 'default.json5'), 'utf8');

  it('has exactly the keys of the schema', () => {
    const result = configSchema.safeParse(JSON5.parse(text));

    expect(result.error?.issues ?? []).to.deep.equal([]);
  });

  it('has a comment above each key, or above the keys that it stands together with', () => {
    const lines = text.split('\n');

    const bare = lines.filter((line, index) => {
      const isKey = /^\s*\w+:/.test(line);
      return isKey && !/^\s*(\/\/|\w+:.*,$)/.test(lines[index - 1] ?? '');
    });

    expect(bare).to.deep.equal([]);
  });

  it('tells the unit of each number in the words above it', () => {
    const units = { Bytes: /bytes/, BytesMax: /bytes/, Ms: /milliseconds/ };
    const paragraphs = text.split(/\n\s*\n/);

    for (const paragraph of paragraphs) {
      const comment = paragraph.replaceAll(/^\s*[^\s/].*$/gm, '');
      for (const [, key = ''] of paragraph.matchAll(/^\s*(\w+): \d/gm)) {
        for (const [ending, words] of Object.entries(units)) {
          if (key.endsWith(ending)) expect(comment, key).to.match(words);
        }
      }
    }
  });
});

describe('conf/custom-environment-variables.json5', () => {
  it('sets only keys that exist', () => {
    const names = JSON5.parse(readFileSync(join(CONF_DIR, 'custom-environment-variables.json5'), 'utf8'));
    const defaults = JSON5.parse(readFileSync(join(CONF_DIR, 'default.json5'), 'utf8'));

    expect(pathsOf(defaults)).to.include.members(pathsOf(names));
  });

  function pathsOf(tree: unknown, path = ''): string[] {
    if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return [path];
    return Object.entries(tree).flatMap(([key, value]) => pathsOf(value, `${path}.${key}`));
  }
});
