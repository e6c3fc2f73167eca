import { readFileSync, writeFileSync } from 'node:fs';
import { contextsFor, DimseClient, queryRetrieveContexts } from '../helpers/dimse-client.ts';
import type { TestServer } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { wait } from './attacker.ts';

/** What an attack cost the server, and others. */
export interface Cost {
  /** Most memory during the attack, beyond what there was before, bytes. */
  growthBytes: number;
  /** Until the attack was over. */
  ms: number;
  /** Somebody else's C-ECHO and C-STORE meanwhile: how many, and the longest that one took. */
  served: number;
  servedMsMax: number;
}

const PAUSE_MS = 100;

/** Attacks the server while somebody else goes on to work with it. @throws what either of them throws */
export async function costOf(server: TestServer, attack: () => Promise<void>): Promise<Cost> {
  await serve(server);
  const before = memoryOf(server, 'VmRSS');
  resetPeak(server);
  const bystander = new Bystander(server);
  const startedAt = performance.now();
  try {
    await attack();
  } finally {
    await bystander.end();
  }
  const ms = performance.now() - startedAt;
  const growthBytes = memoryOf(server, 'VmHWM') - before;
  return { growthBytes, ms, ...bystander.told() };
}

class Bystander {
  readonly #times: number[] = [];
  #isOver = false;
  readonly #working: Promise<void>;

  constructor(server: TestServer) {
    this.#working = this.#work(server);
    this.#working.catch(() => undefined); // told by `end`
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#working;
  }

  told() {
    return { served: this.#times.length, servedMsMax: Math.max(0, ...this.#times) };
  }

  async #work(server: TestServer): Promise<void> {
    do {
      this.#times.push(await serve(server));
      await wait(PAUSE_MS);
    } while (!this.#isOver);
  }
}

/** C-ECHO and C-STORE on an association of their own. @returns how long they took, milliseconds */
async function serve({ port }: TestServer): Promise<number> {
  const startedAt = performance.now();
  const instance = makeInstance({ path: 'bystander' });
  const contexts = [...queryRetrieveContexts.slice(0, 1), ...contextsFor([instance])];
  const client = await DimseClient.connect({ port, calling: 'BYSTANDER', contexts });
  const echo = await client.echo();
  const { sopClass, sopInstance, transferSyntax } = instance;
  const stored = await client.store(sopClass, sopInstance, transferSyntax, instance.dataSet());
  await client.release();
  if (echo.status !== 0 || stored.status !== 0)
    throw new Error(`somebody else was refused: ${echo.status} ${stored.status} ${stored.errorComment}`);
  return performance.now() - startedAt;
}

/** Bytes. */
function memoryOf({ pid }: TestServer, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}

/** From now on VmHWM is the most since now — proc(5). */
function resetPeak({ pid }: TestServer): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
