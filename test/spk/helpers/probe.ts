/**
 * Tries an archive that a package has started, as `node probe.ts STEP`: exit status 0 where all is as it should be. The first time
 * through, the steps store, and set up; every other time they expect to find what is there since then.
 *
 * PROBE_FOLDER is the memory between the steps, PROBE_PASSWORD the password of the user `admin`.
 */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebClient } from '../../helpers/web-client.ts';
import { threePatients } from '../../interop/patients.ts';
import { run, sumsOf, sumsOfAll, writeFile } from '../../interop/tools.ts';

const DICOM = ['-aec', 'DICOMKEEP', '-aet', 'PROBE', '127.0.0.1', '11112'];
const TLS = ['+tla', '--ignore-peer-cert', '-aec', 'DICOMKEEP', '127.0.0.1', '2762'];
const WEB_PORT = 8104;
/** Where the probe, as a workstation, takes images. */
const WORKSTATION = { aeTitle: 'PROBE', host: '127.0.0.1', port: 11113 };

const folder = process.env['PROBE_FOLDER'] ?? '';
const password = process.env['PROBE_PASSWORD'] ?? '';
const instances = threePatients();

const STEPS: Readonly<Record<string, () => Promise<void>>> = {
  async echo() {
    await succeeds('echoscu', DICOM);
  },

  async page() {
    const { status, output } = await run('curl', ['-sk', `https://127.0.0.1:${WEB_PORT}/`]);
    assert(status === 0 && /<title>/.test(output), `no page: ${output}`);
    const client = await WebClient.signIn({ adminPort: WEB_PORT, adminPassword: password });
    if (isFirstTime('page')) await setUp(client);
    const { items } = (await client.get('/api/peers')).body;
    assert(
      items.some(({ aeTitle }: { aeTitle: string }) => aeTitle === 'PROBE'),
      'the peer is gone',
    );
    const { settings } = (await client.get('/api/settings')).body;
    assert(settings.tls.isEnabled, 'the setting is gone');
    await succeeds('echoscu', TLS);
    remember('page');
  },

  async store() {
    if (!isFirstTime('store')) return;
    const files = instances.map((instance) => writeFile(join(folder, 'sent'), instance));
    await succeeds('storescu', ['-R', ...DICOM, ...files]);
    remember('store');
  },

  async find() {
    const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID', 'NumberOfStudyRelatedInstances'];
    const { output } = await succeeds('findscu', [
      '-v',
      '-S',
      ...DICOM,
      ...keys.flatMap((key) => ['-k', key]),
    ]);
    for (const uid of new Set(instances.map(({ studyInstanceUid }) => studyInstanceUid))) {
      // Padded to even length by a NUL.
      assert(output.replaceAll('\0', '').includes(`UI [${uid}]`), `${output}\nstudy ${uid} is not found`);
    }
  },

  async move() {
    const received = mkdtempSync(join(folder, 'received-'));
    const studies = [...new Set(instances.map(({ studyInstanceUid }) => studyInstanceUid))];
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${studies.join('\\')}`];
    const receive = ['--port', String(WORKSTATION.port), '-aem', WORKSTATION.aeTitle, '+B'];
    // What movescu takes as it comes (+B) it writes where it stands, whatever -od says.
    const movescu = ['movescu', '-S', ...receive, ...DICOM, ...keys];
    await succeeds('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', received, ...movescu]);
    const [got, sent] = [sumsOf(received), sumsOfAll(instances)].map((sums) => sums.join('\n'));
    assert(got === sent, `stored:\n${sent}\nmoved:\n${got}`);
  },
};

/** What is to survive an update. */
async function setUp(client: WebClient): Promise<void> {
  const { settings } = (await client.get('/api/settings')).body;
  const tls = { ...settings.tls, isEnabled: true };
  const changed = await client.put('/api/settings', { ...settings, tls });
  assert(changed.status === 200, `settings: ${changed.status} ${JSON.stringify(changed.body)}`);
  const added = await client.post('/api/peers', WORKSTATION);
  assert([200, 201, 409].includes(added.status), `peers: ${added.status} ${JSON.stringify(added.body)}`);
}

function isFirstTime(step: string): boolean {
  return !existsSync(join(folder, `${step}.done`));
}

function remember(step: string): void {
  writeFileSync(join(folder, `${step}.done`), '');
}

async function succeeds(program: string, args: readonly string[]): Promise<{ output: string }> {
  const { status, output } = await run(program, args);
  assert(status === 0, `${output}\n${program}: exit status ${status}`);
  return { output };
}

function assert(isTrue: boolean, words: string): asserts isTrue {
  if (!isTrue) throw new Error(words);
}

const step = STEPS[process.argv[2] ?? ''];
assert(step !== undefined, `no step ${process.argv[2]}`);
// The simulator shows the last 200 characters: the words, not the stack.
await step().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
