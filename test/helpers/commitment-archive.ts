import { setTimeout as wait } from 'node:timers/promises';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Peer } from '../../src/catalog/peer-repository.ts';
import { uids } from '../../src/dicom/uids.ts';
import { type Job, type JobEvent, type JobHandler, JobQueue } from '../../src/jobs/queue.ts';
import { STORAGE_COMMITMENT, storageCommitmentHandler } from '../../src/jobs/storage-commitment.ts';
import { EventReports } from '../../src/net/event-reports.ts';
import type { Services } from '../../src/net/operations/operation.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import type { Settings } from '../../src/services/settings.ts';
import { StorageCommitment } from '../../src/services/storage-commitment.ts';
import { CommitmentVerifier } from '../../src/services/storage-commitment-verifier.ts';
import { ctDataSet, encoded, type TestVolume, testVolume } from '../services/fixtures.ts';
import { TestAcceptor } from './acceptor.ts';
import { PUSH_MODEL_CONTEXT, type Referenced, ReportReceiver } from './commitment.ts';
import { DimseClient, queryRetrieveContexts } from './dimse-client.ts';
import { type FiledInstance, fileInstance } from './filed.ts';
import { PLAIN_SETTINGS } from './settings.ts';
import { anonymousTlsClient } from './tls.ts';

/** Without TLS nobody asks for it. */
const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

/** Storage commitment with all that stands behind it, and short delays between attempts. */
export class CommitmentArchive {
  readonly peers = new Map<string, Peer>();
  readonly events: JobEvent[] = [];
  readonly acceptor: TestAcceptor;
  readonly commitment: StorageCommitment;
  readonly queue: JobQueue;
  readonly volume: TestVolume;
  /** Instances whose bytes were looked at. */
  verifiedCount = 0;
  readonly #catalog: Catalog;
  readonly #verifier: CommitmentVerifier;

  static async start(catalog: Catalog, services: Partial<Services> = {}): Promise<CommitmentArchive> {
    const archive = new CommitmentArchive(catalog, await testVolume(), services);
    await archive.acceptor.listeners.open(archive.acceptor.settings.current);
    archive.queue.start();
    return archive;
  }

  private constructor(catalog: Catalog, volume: TestVolume, services: Partial<Services>) {
    this.#catalog = catalog;
    this.volume = volume;
    const settings: Partial<Settings> = {
      ...PLAIN_SETTINGS,
      dimsePort: 0,
      aeTitles: ['DICOMKEEP', 'ARCHIVE2'],
      unknownCallers: 'all',
    };
    const parts = { services: services as Services, responseTimeoutMs: 1500 };
    this.acceptor = new TestAcceptor(NO_CERTIFICATES, settings, undefined, parts);
    const { log } = this.acceptor;
    this.#verifier = new CommitmentVerifier({
      catalog,
      filer: { settled: async () => undefined, backlogInstances: 0 },
      files: volume.files,
      storageSopClasses: 'any',
      log,
    });
    this.commitment = new StorageCommitment({
      jobs: catalog.jobs,
      queue: () => this.queue,
      verifier: {
        settled: () => this.#verifier.settled(),
        verify: (references, signal, verified) => {
          this.verifiedCount += references.length;
          return this.#verifier.verify(references, signal, verified);
        },
      },
      callers: { findPeer: async (aeTitle) => this.peers.get(aeTitle) },
      settings: this.acceptor.settings,
      destinations: new EventReports({
        callingAeTitle: () => 'DICOMKEEP',
        tls: anonymousTlsClient(),
        pduBytesMax: 131_072,
        artimTimeoutMs: 2000,
        associationIdleTimeoutMs: 60_000,
        connectTimeoutMs: 2000,
        responseTimeoutMs: 1500,
      }),
      log,
    });
    const handler: JobHandler = {
      ...storageCommitmentHandler(this.commitment),
      backOffMs: Array<number>(100).fill(100),
    };
    this.queue = new JobQueue({
      jobs: catalog.jobs,
      owner: () => 'this server',
      handlers: new Map([[STORAGE_COMMITMENT, handler]]),
      record: (event) => this.events.push(event),
      log,
      pollMs: 30,
    });
    Object.assign(services, { commitment: this.commitment });
  }

  get port(): number {
    return this.acceptor.portOf('dimse');
  }

  /** CT images of one series. */
  async file(count: number): Promise<(FiledInstance & Referenced)[]> {
    const filed = [];
    const parts = { catalog: this.#catalog, files: this.volume.files };
    for (let number = 1; number <= count; number++) {
      const dataSet = encoded(ctDataSet(1, 1, number));
      const instance = await fileInstance(parts, dataSet, uids.ExplicitVRLittleEndian);
      filed.push({ ...instance, sopClass: uids.CTImageStorage, sopInstance: instance.sopInstanceUid });
    }
    return filed;
  }

  async connect(calling = 'CT1', called = 'DICOMKEEP', contexts = [PUSH_MODEL_CONTEXT]) {
    const receiver = new ReportReceiver();
    const client = await DimseClient.connect({
      port: this.port,
      calling,
      called,
      contexts: [...contexts, ...queryRetrieveContexts],
      onRequest: receiver.onRequest,
    });
    return { client, receiver };
  }

  addPeer(aeTitle: string, port: number): void {
    this.peers.set(aeTitle, { aeTitle, host: '127.0.0.1', port, useTls: false } as Peer);
  }

  /** The newest job, once it is so. */
  async job(isSo: (job: Job) => boolean, words = 'as it should be'): Promise<Job> {
    let last: Job | undefined;
    for (let tries = 0; tries < 400; tries++) {
      [last] = await this.queue.list({ limit: 1 });
      if (last !== undefined && isSo(last)) return last;
      await wait(20);
    }
    throw new Error(`the job is not ${words}: ${JSON.stringify(last)}`);
  }

  /** The newest job, once it is over and its event has been told. */
  ended(): Promise<Job> {
    const isTold = ({ id }: Job) =>
      this.events.some(({ kind, fields }) => kind !== 'job-added' && fields['job'] === id);
    return this.job((job) => job.state !== 'waiting' && job.state !== 'running' && isTold(job), 'over');
  }

  async stop(): Promise<void> {
    await this.acceptor.close();
    await this.queue.stop();
    await this.#verifier.close();
    await this.volume.remove();
  }
}
