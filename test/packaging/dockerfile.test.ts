import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, text } from './install-linux.ts';

interface Instruction {
  name: string;
  rest: string;
}

/** Of a Dockerfile: comments gone, continued lines joined. */
function instructionsOf(file: string): Instruction[] {
  return file
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { name, rest };
    });
}

describe('The image of a container', () => {
  const instructions = instructionsOf(text('packaging/Dockerfile'));
  const ignored = text('packaging/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const restsOf = (name: string, from = instructions) =>
    from.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
  const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));

  it('is told in instructions that there are', () => {
    const known =
      /^(FROM|WORKDIR|COPY|RUN|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|STOPSIGNAL|CMD|ENTRYPOINT|ARG|LABEL)$/;
    expect(instructions.filter(({ name }) => !known.test(name))).to.deep.equal([]);
    expect(instructions[0]?.name).to.equal('FROM');
  });

  it('is built on the Node that the program needs', () => {
    const { engines } = JSON.parse(text('package.json'));
    const wanted = /(\d+)/.exec(engines.node)?.[1];
    expect(restsOf('FROM').map((rest) => rest.split(' ')[0])).to.deep.equal([
      `node:${wanted}-slim`,
      `node:${wanted}-slim`,
    ]);
  });

  it('copies what there is, and what is not kept from the builder', () => {
    const sources = restsOf('COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(sources).to.include.members(['package-lock.json', 'src', 'bin', 'conf', 'migrations']);
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).to.equal(true);
      expect(isSent(source), `${source} is in Dockerfile.dockerignore`).to.equal(true);
    }
  });

  it('sends no image, catalogue, log, key or tool of a checkout to the builder', () => {
    for (const path of ['data', 'node_modules', '.git', 'dist', 'test', 'some.log', 'src/admin/public']) {
      expect(isSent(path), path).to.equal(false);
    }
  });

  /** The last pattern that matches decides — Docker's rules of .dockerignore. */
  function isSent(path: string): boolean {
    const last = ignored.findLast((pattern) => {
      const escaped = pattern.replace(/^!/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
      return new RegExp(`^${escaped}$`).test(path);
    });
    return last === undefined || last.startsWith('!');
  }

  it('builds what it copies from the first stage, with the scripts that there are', () => {
    const { scripts } = JSON.parse(text('package.json'));
    const run = restsOf('RUN').join('\n');
    for (const [, script = ''] of run.matchAll(/npm run (\S+)/g)) expect(scripts).to.have.property(script);
    expect(run).to.match(/npm ci --omit=dev --ignore-scripts$/m);
    for (const config of ['tsconfig.json', 'tsconfig.build.json']) {
      expect(restsOf('COPY').some((rest) => rest.split(' ').includes(config))).to.equal(true);
    }
  });

  it('runs as nobody special, keeps everything in its volume, and is stopped in order', () => {
    expect(restsOf('USER', lastStage)).to.deep.equal(['node']);
    expect(restsOf('VOLUME', lastStage)).to.deep.equal(['/data']);
    expect(restsOf('ENV', lastStage).join(' ')).to.match(/\bDICOMKEEP_DATA_DIR=\/data\b/);
    expect(restsOf('STOPSIGNAL', lastStage)).to.deep.equal(['SIGTERM']);
    // As a list: a shell in between would not hand the signal on.
    expect(JSON.parse(restsOf('CMD', lastStage)[0] ?? '')).to.deep.equal(['dicomkeep', 'serve']);
  });

  it('opens the ports of the settings, and is asked how it is where the program answers', () => {
    const defaults = readFileSync(join(ROOT, 'conf/default.json5'), 'utf8');
    // That of a syslog is another machine's.
    const ours = defaults.replace(/^ {4}syslog: \{[^}]*\}/m, '');
    const ports = [...ours.matchAll(/^\s+port: (\d+),/gm)].map(([, port]) => port);
    expect(restsOf('EXPOSE')[0]?.split(' ').sort()).to.deep.equal(ports.sort());
    const check = restsOf('HEALTHCHECK')[0] ?? '';
    expect(text('src/admin/routes/health.ts')).to.include("path: '/healthz'");
    expect(check).to.match(/:\$\{process\.env\.DICOMKEEP_ADMIN_PORT \|\| 8104\}\/healthz/);
    const command = JSON.parse(/CMD (\[.*\])$/.exec(check)?.[1] ?? '');
    expect(() => new Function(command[2])).not.to.throw();
  });
});
