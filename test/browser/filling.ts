import { corpusOrStandIns } from '../helpers/corpus.ts';
import { contextsFor, DimseClient, identifierOf } from '../helpers/dimse-client.ts';
import type { TestServer } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import type { WebClient } from '../helpers/web-client.ts';

/** A study of which there are pictures, in a series of several instances, one of them in two versions. */
export const STUDY = '2.25.616161';
const STUDY_INSTANCES = 7;
const INSTANCES_MAX = 40;
const INSTANCE_BYTES_MAX = 400_000;
/** Of one modality, so that there are many. */
const OF_MODALITY_MAX = 6;

const LONG_NAME = 'Wolfeschlegelsteinhausenbergerdorff^Hubert Blaine Maximilian';
const LONG_WORDS = 'Thorax, abdomen and pelvis with contrast, portal venous phase';

/** Studies of many kinds from several devices, a conflict, callers that are unknown or refused, and peers. */
export async function fill(server: TestServer, web: WebClient): Promise<void> {
  await Promise.all(peers(server).map((peer) => web.post('/api/peers', peer)));
  await store(server, 'XA_ROOM_2', study());
  await store(server, 'XA_ROOM_2', [madeAgain()]);
  const mixture = mixtureOfInstances();
  await store(
    server,
    'MR_NORTH',
    mixture.filter(({ modality }) => modality === 'MR'),
  );
  await store(
    server,
    'CT1',
    mixture.filter(({ modality }) => modality !== 'MR'),
  );
  for (let call = 0; call < 15; call++) await search(server, 'WARD_WORKSTATION');
  await search(server, `OLD ARCHIVE 123`);
}

/** The last one fills every field to its end. */
function peers({ port }: TestServer) {
  const rights = { mayEcho: true, mayStore: true, mayFind: false, mayRetrieve: false };
  const others = { matchAddress: false, useTls: false, preferredTransferSyntaxes: [], note: '' };
  return [
    { aeTitle: 'CT1', host: '127.0.0.1', port, ...rights, ...others, note: 'CT, room 3' },
    { aeTitle: 'XA_ROOM_2', host: '127.0.0.1', port, ...rights, ...others, useTls: true },
    {
      aeTitle: 'WWWWWWWWWWWWWWWW',
      host: 'workstation-of-the-second-floor.radiology.hospital.example',
      port: 11112,
      ...rights,
      ...others,
      mayFind: true,
      mayRetrieve: true,
      note: 'Reporting room, second floor; service: +33 1 23 45 67 89, ask for the one who knows.',
    },
  ];
}

function study(): StandIn[] {
  return Array.from({ length: STUDY_INSTANCES }, (_, index) => ofStudy(String(index + 1)));
}

function ofStudy(number: string): StandIn {
  return makeInstance({
    path: `instance ${number} of the study`,
    with: {
      StudyInstanceUID: STUDY,
      SeriesInstanceUID: `${STUDY}.1`,
      SOPInstanceUID: `${STUDY}.1.${number}`,
      InstanceNumber: number,
      Modality: 'XA',
      PatientName: LONG_NAME,
      PatientID: 'LOOKS-0000000000000000000000000000000000001',
      StudyDescription: LONG_WORDS,
      SeriesDescription: LONG_WORDS,
    },
  });
}

/** Other bytes under the UID of the first. */
function madeAgain(): StandIn {
  const again = ofStudy('1');
  const dataSet = Buffer.from(again.dataSet());
  dataSet.writeUInt8(dataSet.readUInt8(dataSet.length - 1) ^ 0xff, dataSet.length - 1);
  return { ...again, dataSet: () => dataSet };
}

function mixtureOfInstances(): StandIn[] {
  const counts = new Map<string, number>();
  const known = new Set<string>();
  return corpusOrStandIns()
    .filter(({ expect, eitherOk, modality = '', sopInstance, dataSet }) => {
      const count = counts.get(modality) ?? 0;
      const isTaken = expect === 'store' && !eitherOk && count < OF_MODALITY_MAX && !known.has(sopInstance);
      if (!isTaken || dataSet().length > INSTANCE_BYTES_MAX) return false;
      counts.set(modality, count + 1);
      known.add(sopInstance);
      return true;
    })
    .slice(0, INSTANCES_MAX);
}

async function store({ port }: TestServer, calling: string, instances: readonly StandIn[]): Promise<void> {
  const client = await DimseClient.connect({ port, calling, contexts: contextsFor(instances) });
  for (const { sopClass, sopInstance, transferSyntax, dataSet } of instances)
    await client.store(sopClass, sopInstance, transferSyntax, dataSet());
  await client.release();
}

/** Refused, for the caller is no peer. */
async function search({ port }: TestServer, calling: string): Promise<void> {
  const client = await DimseClient.connect({ port, calling });
  await client
    .find('STUDY', identifierOf({ QueryRetrieveLevel: 'STUDY', PatientID: '' }))
    .catch(() => undefined);
  await client.release().catch(() => undefined);
}
