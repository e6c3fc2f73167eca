import { type ChildProcess, fork } from 'node:child_process';
import type { FromClient } from './clients/control.ts';
import type { Job } from './clients/main.ts';
import { track } from './processes.ts';

/** Longest that a client may take unless it is told otherwise, milliseconds. */
const clientTimeoutMs = 600_000;

/** A process of the load generator, at work on one job. */
export class Client<Result> {
  readonly pid: number;
  /** The port that a client which listens has announced. */
  readonly port: Promise<number>;
  readonly ready: Promise<void>;
  readonly result: Promise<Result>;
  readonly #child: ChildProcess;

  constructor(job: Job, timeoutMs = clientTimeoutMs) {
    this.#child = fork(new URL('./clients/main.ts', import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    track(this.#child);
    this.pid = this.#child.pid ?? 0;
    const port = deferred<number>();
    const ready = deferred<void>();
    const result = deferred<Result>();
    for (const { promise } of [port, ready, result]) promise.catch(() => {});
    this.port = port.promise;
    this.ready = ready.promise;
    this.result = result.promise;
    const fail = (reason: string): void => {
      const error = new Error(`${job.kind} client: ${reason}`);
      for (const { reject } of [port, ready, result]) reject(error);
    };
    const timer = setTimeout(() => {
      fail(`no result in ${timeoutMs} ms`);
      this.stop();
    }, timeoutMs);
    this.#child.on('message', (message: FromClient) => {
      if ('ready' in message) ready.resolve();
      else if ('port' in message) port.resolve(message.port);
      else if ('result' in message) result.resolve(message.result as Result);
      else fail(message.failed);
    });
    this.#child.on('error', (error) => fail(error.message));
    // Its last message may still be on its way when it has ended; not when the channel is closed too.
    let ends = 0;
    const ended = (): void => {
      if (++ends < 2) return;
      clearTimeout(timer);
      fail(`ended with ${this.#child.signalCode ?? this.#child.exitCode}`);
    };
    this.#child.on('exit', ended);
    this.#child.on('disconnect', ended);
    this.#child.send({ job });
  }

  go(): void {
    // One that has just ended by itself needs no signal, and says so here.
    if (this.#child.connected) this.#child.send({ go: true }, () => undefined);
  }

  /** A client blocks in system calls, so it is killed. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Starts one client per job, lets all go at the same moment, and waits for all. */
export async function runTogether<Result>(jobs: readonly Job[]): Promise<Result[]> {
  const clients = jobs.map((job) => new Client<Result>(job));
  try {
    await Promise.all(clients.map((client) => client.ready));
    for (const client of clients) client.go();
    return await Promise.all(clients.map((client) => client.result));
  } finally {
    for (const client of clients) client.stop();
  }
}

/** Runs one client that needs no start signal from others. */
export async function runOne<Result>(job: Job): Promise<Result> {
  const [result] = await runTogether<Result>([job]);
  if (result === undefined) throw new Error('a client gave no result');
  return result;
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) };
}
