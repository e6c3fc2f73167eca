import { once } from 'node:events';
import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AuditCursor } from '../../src/services/audit-cursor.ts';
import { AuditSender, type RepositoryConnection } from '../../src/services/audit-sender.ts';
import type { Settings } from '../../src/services/settings.ts';
import { AuditFiles } from '../../src/storage/audit-files.ts';
import { keptLog } from '../helpers/admin-parts.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { until } from '../integration/archive.ts';

const ON: Settings['audit'] = { isSyslogSent: true, syslogHost: 'audit.example.org', syslogPort: 6514 };
const OFF: Settings['audit'] = { ...ON, isSyslogSent: false };

/** A repository that keeps what it has read when a connection is closed in good order. */
class Repository {
  readonly kept: string[] = [];
  readonly asked: string[] = [];
  isAway = false;
  /** Loses connections: after so many messages. */
  losesAfter = Number.POSITIVE_INFINITY;
  /** Closes connections on which nothing has come for so long. */
  idleMs = Number.POSITIVE_INFINITY;
  /** Never closes a connection itself. */
  isSilent = false;

  /** Says nothing when it is called. */
  isMute = false;

  async connect(
    { host, port }: { host: string; port: number },
    signal: AbortSignal,
  ): Promise<RepositoryConnection> {
    this.asked.push(`${host}:${port}`);
    if (this.isMute) await once(signal, 'abort');
    if (this.isAway) throw new Error('connection refused');
    const read: string[] = [];
    let lastAt = performance.now();
    return {
      send: async (messages) => {
        if (read.length + messages.length > this.losesAfter) throw new Error('connection reset');
        read.push(...messages);
        lastAt = performance.now();
      },
      finish: async () => {
        if (this.isAway || performance.now() - lastAt > this.idleMs) throw new Error('connection reset');
        this.kept.push(...read);
        return !this.isSilent;
      },
      destroy: () => undefined,
    };
  }
}

describe('Sending the audit trail (PS3.15 §A.6, RFC 5425)', () => {
  let dir: string;
  let files: AuditFiles;
  let repository: Repository;
  let settings: {
    current: Pick<Settings, 'audit'>;
    listeners: Set<() => void>;
    onChange(listener: () => void): () => void;
  };
  const senders: AuditSender[] = [];

  beforeEach(() => {
    dir = temporaryFolder('audit');
    files = new AuditFiles({ dir, fileBytesMax: 1000, filesMax: 1000 });
    repository = new Repository();
    const listeners = new Set<() => void>();
    settings = {
      current: { audit: ON },
      listeners,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  });
  afterEach(async () => {
    for (const sender of senders.splice(0)) await sender.stop();
    await files.close();
    removeFolder(dir);
  });

  async function start() {
    const log = keptLog();
    const sender = new AuditSender({
      files,
      cursor: new AuditCursor(join(dir, 'sent.json')),
      settings,
      connect: (where, signal) => repository.connect(where, signal),
      log,
      times: { openMs: 50, lookMs: 100, retryMinMs: 10, retryMaxMs: 20, stopMs: 500 },
    });
    senders.push(sender);
    await sender.start();
    const write = async (...lines: string[]) => {
      await files.append(lines.map((line) => `${line}\n`).join(''));
      sender.written();
    };
    return { sender, write, log };
  }

  async function change(audit: Settings['audit']): Promise<void> {
    settings.current = { audit };
    for (const listener of settings.listeners) listener();
    await sleep(20);
  }

  const arrives = (...lines: string[]) =>
    until(`did not arrive: ${repository.kept.join()}`, async () => repository.kept.join() === lines.join());

  it('sends what is written from its start on, in its order', async () => {
    await files.append('before\n');
    const { write } = await start();

    await write('one');
    await write('two', 'three');

    await arrives('one', 'two', 'three');
    expect(new Set(repository.asked)).to.deep.equal(new Set(['audit.example.org:6514']));
  });

  it('keeps everything while the repository is away, tells so once, and sends it then', async () => {
    const { write, log } = await start();
    repository.isAway = true;
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);

    for (const line of lines) await write(line);
    await sleep(100);
    expect(repository.kept).to.deep.equal([]);
    repository.isAway = false;

    await arrives(...lines);
    await until('not told', async () => log.lines.length === 2);
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'audit messages wait to be sent',
      'audit messages are sent again',
    ]);
  });

  it('sends again what went on a connection that was lost: the repository has all of it in its order', async () => {
    const { write } = await start();
    repository.losesAfter = 1;

    await write('one', 'two', 'three');
    await sleep(50);
    expect(repository.kept).to.deep.equal([]);
    repository.losesAfter = Number.POSITIVE_INFINITY;

    await arrives('one', 'two', 'three');
  });

  it('goes on after a restart where it was', async () => {
    const { sender, write } = await start();
    await write('one');
    await arrives('one');
    repository.isAway = true;
    await write('two');
    await sender.stop();
    await files.append('three\n');
    repository.isAway = false;

    await start();

    await arrives('one', 'two', 'three');
  });

  it('sends what is written after a power cut that took lines which had been sent, from the first of them on', async () => {
    const { sender, write } = await start();
    await write('one', 'two', 'three');
    await arrives('one', 'two', 'three');
    await sender.stop();
    await files.close();
    truncateSync(join(dir, 'audit-00000001.xml'), 'one\nt'.length);

    const { write: writeAgain } = await start();
    await writeAgain('a line that is longer', 'last');

    await arrives('one', 'two', 'three', 'a line that is longer', 'last');
  });

  it('sends what is written after somebody has removed all files', async () => {
    files = new AuditFiles({ dir, fileBytesMax: 10, filesMax: 1000 });
    const { sender, write } = await start();
    for (const line of ['line one', 'line two', 'line three']) await write(line);
    await arrives('line one', 'line two', 'line three');
    await sender.stop();
    await files.close();
    for (const number of [1, 2, 3]) rmSync(join(dir, `audit-0000000${number}.xml`));

    const { write: writeAgain } = await start();
    await writeAgain('line four');

    await arrives('line one', 'line two', 'line three', 'line four');
  });

  it('goes on where it was as soon as a folder can be had that could not at the start', async () => {
    const { sender, write } = await start();
    await write('one');
    await arrives('one');
    repository.isAway = true;
    await write('two');
    await sender.stop();
    await files.close();
    const aside = `${dir}-aside`;
    renameSync(dir, aside);
    writeFileSync(dir, 'a file where the folder should be');
    repository.isAway = false;

    const { log } = await start();
    await until('not told', async () => log.lines.some(({ level }) => level === 'error'));
    rmSync(dir);
    renameSync(aside, dir);

    await arrives('one', 'two');
  });

  it('gets through to a repository that closes what is quiet sooner than the archive does', async () => {
    const { write } = await start();
    repository.idleMs = 20;

    await write('one');

    await arrives('one');
    await write('two');
    await arrives('one', 'two');
  });

  it('sends what is there when it stops', async () => {
    const { sender, write } = await start();

    await write('one', 'last');
    await sender.stop();

    expect(repository.kept).to.deep.equal(['one', 'last']);
  });

  it('does not wait for a repository that says nothing when it stops, and keeps what it should have got', async () => {
    const { sender, write } = await start();
    repository.isMute = true;
    repository.isAway = true;
    await write('one');
    await until('was not called', async () => repository.asked.length === 1);

    const startedAt = performance.now();
    await sender.stop();

    expect(performance.now() - startedAt).to.be.below(atMost(1500));
    repository.isMute = false;
    repository.isAway = false;
    await start();
    await arrives('one');
  });

  it('takes a repository that never confirms at its word after three attempts, and says so', async () => {
    const { write, log } = await start();
    repository.isSilent = true;

    await write('one');
    await until('was not given up', async () =>
      log.lines.some(({ message }) => /does not close/.test(message)),
    );
    await sleep(100);

    expect(repository.kept).to.deep.equal(['one', 'one', 'one']);
    await write('two');
    await until('nothing more was sent', async () => repository.kept.at(-1) === 'two');
  });

  it('begins and ends with the setting, and sends nothing of what was written meanwhile', async () => {
    settings.current = { audit: OFF };
    const { write } = await start();
    await write('off');
    await change(ON);
    await write('on');
    await arrives('on');
    await change(OFF);
    await write('off again');
    await sleep(50);
    await change(ON);
    await write('on again');

    await arrives('on', 'on again');
  });

  it('sends nothing without a host', async () => {
    settings.current = { audit: { ...ON, syslogHost: '' } };
    const { write } = await start();

    await write('one');
    await sleep(150);

    expect(repository.asked).to.deep.equal([]);
  });

  it('goes to the new repository when that is changed, also while the old one is away', async () => {
    const { write } = await start();
    repository.isAway = true;
    await write('one');
    await sleep(50);

    await change({ ...ON, syslogHost: 'other.example.org' });
    repository.isAway = false;

    await arrives('one');
    expect(repository.asked.at(-1)).to.equal('other.example.org:6514');
  });

  it('says that messages were removed before they could be sent', async () => {
    files = new AuditFiles({ dir, fileBytesMax: 20, filesMax: 2 });
    const { write, log } = await start();
    repository.isAway = true;

    for (let count = 0; count < 9; count++) await write(`a long enough line ${count}`);
    repository.isAway = false;

    await arrives('a long enough line 7', 'a long enough line 8');
    expect(log.lines.map(({ message }) => message)).to.include(
      'audit messages were removed before they could be sent',
    );
  });
});
