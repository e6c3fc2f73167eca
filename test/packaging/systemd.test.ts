import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseDatabaseUrl } from '../../src/catalog/database-url.ts';
import { blocksOf, ROOT, siteFileOf, text } from './install-linux.ts';

const UNIT = 'packaging/systemd/dicomkeep.service';
const COMMAND = 'packaging/dicomkeep';

describe('The service of systemd', () => {
  const unit = text(UNIT);
  const valuesOf = (key: string) =>
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].filter(([, name]) => name === key).map(([, , value = '']) => value);

  it('is understood by systemd, where that is at hand', function () {
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', join(ROOT, UNIT)], {
      encoding: 'utf8',
    });
    if (error !== undefined) this.skip();

    expect(stderr.split('\n').filter((line) => line.includes('dicomkeep'))).to.deep.equal([]);
    expect(status).to.equal(0);
  });

  it('has nothing but sections, settings and comments', () => {
    const wrong = unit
      .split('\n')
      .filter((line) => !/^(|#.*|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*)$/.test(line));
    expect(wrong).to.deep.equal([]);
  });

  it('runs the program that the instructions put there, with the settings, as the user and in the folders that they make', () => {
    const [command = ''] = valuesOf('ExecStart');
    const instructions = text('docs/install-linux.md');
    const user = valuesOf('User')[0];

    expect(command).to.equal(
      '/usr/bin/env node /opt/dicomkeep/bin/dicomkeep.js serve --config /etc/dicomkeep/dicomkeep.json5',
    );
    expect(instructions).to.match(/cp -R bin .* \/opt\/dicomkeep\/$/m);
    expect(instructions).to.include('/etc/dicomkeep/dicomkeep.json5\n');
    expect(instructions).to.match(new RegExp(`^sudo useradd .* ${user}$`, 'm'));
    const site = siteFileOf(instructions);
    expect(site.config.dataDir).to.equal(`/var/lib/${valuesOf('StateDirectory')[0]}`);
    expect(site.config.log.dir).to.equal(`/var/log/${valuesOf('LogsDirectory')[0]}`);
  });

  it('may write nowhere but to its folders, gain nothing, and is not stopped from compiling JavaScript', () => {
    expect(valuesOf('ProtectSystem')).to.deep.equal(['strict']);
    expect(valuesOf('NoNewPrivileges')).to.deep.equal(['true']);
    expect(valuesOf('CapabilityBoundingSet')).to.deep.equal(['']);
    expect(valuesOf('MemoryDenyWriteExecute')).to.deep.equal([]);
  });

  it('is given longer to stop than the program takes at most', () => {
    const server = text('src/cli/server.ts');
    const milliseconds = (name: string) => Number(new RegExp(`${name} = (\\d+)`).exec(server)?.[1]);
    const boundedSteps = server.match(/await bounded\(/g)?.length ?? 0;
    const longestMs = milliseconds('DRAIN_TIMEOUT_MS') + boundedSteps * milliseconds('STOP_TIMEOUT_MS');

    expect(boundedSteps).to.be.at.least(1);
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).to.be.above(longestMs + 5000);
  });
});

describe('The instructions for Linux', () => {
  const instructions = text('docs/install-linux.md');

  it('have settings that the program takes: MariaDB over its socket, without a password', () => {
    const { config } = siteFileOf(instructions);

    expect(parseDatabaseUrl(config.catalog.url)).to.include({
      engine: 'mariadb',
      socketPath: '/run/mysqld/mysqld.sock',
      user: 'dicomkeep',
      password: '',
      database: 'dicomkeep',
    });
    expect(config.admin.passwordFile).to.equal('/etc/dicomkeep/admin-password');
  });

  it('copy what a checkout has, or what the build makes', () => {
    const copied = /cp -R (.*) \/opt\/dicomkeep\//.exec(instructions)?.[1]?.split(' ') ?? [];
    expect(copied).to.include.members(['bin', 'conf', 'dist', 'migrations', 'node_modules', 'package.json']);
    for (const path of [...copied.filter((name) => name !== 'dist'), UNIT, COMMAND]) {
      expect(() => statSync(join(ROOT, path)), path).not.to.throw();
    }
  });

  it('name commands and environment variables that there are', () => {
    const variables = text('conf/custom-environment-variables.json5');
    for (const [name] of instructions.matchAll(/DICOMKEEP_[A-Z_]+/g)) {
      expect(name === 'DICOMKEEP_CONFIG' || variables.includes(`'${name}'`), name).to.equal(true);
    }
    const help = text('src/cli/help.ts');
    for (const [, command] of instructions.matchAll(/dicomkeep (peer|verify|reindex|user|migrate)\b/g)) {
      expect(help).to.include(`  ${command} `);
    }
  });

  it('have no shell line that the shell does not understand', () => {
    for (const script of [...blocksOf(instructions, 'sh'), readFileSync(join(ROOT, COMMAND), 'utf8')]) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
      expect(status, `${script}\n${stderr}`).to.equal(0);
    }
  });
});
