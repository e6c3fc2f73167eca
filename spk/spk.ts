import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipped, type Member, tarOf } from './archive.ts';
import { infoOf, packageVersion } from './info.ts';
import { asItIs, filesBelow, payloadOf, textMember } from './payload.ts';

export interface SpkOptions {
  /** The checkout. */
  readonly root: string;
  /** Of the product: numbers and dots. */
  readonly version: string;
  /** 1 to 9999; a NAS takes a higher one for an update. */
  readonly build: number;
  /** Of everything in the archive. */
  readonly time: Date;
}

export interface Spk {
  readonly fileName: string;
  readonly bytes: Buffer;
}

const SPK_BYTES_MAX = 15_000_000;
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');

/**
 * The Synology package. The same sources, version, build and time make the same bytes.
 * @throws Error where something would be in it that is not for every NAS, or it is too large
 */
export async function buildSpk({ root, version, build, time }: SpkOptions): Promise<Spk> {
  const payload = await payloadOf(root, version);
  assertRunsEverywhere(payload);
  const packed = gzipped(await tarOf(payload, time));
  const sizesBytes = payload.map(({ bytes }) => bytes.length);
  const members = [
    textMember('INFO', infoOf({ version, build, payload: packed, sizesBytes })),
    { path: 'package.tgz', bytes: packed },
    textMember('LICENSE', licence(root)),
    { path: 'PACKAGE_ICON.PNG', bytes: readFileSync(join(root, 'spk/icons/dicomkeep_64.png')) },
    { path: 'PACKAGE_ICON_256.PNG', bytes: readFileSync(join(root, 'spk/icons/dicomkeep_256.png')) },
    { path: 'conf/privilege', bytes: readFileSync(join(root, 'spk/conf/privilege')) },
    { path: 'conf/resource', bytes: readFileSync(join(root, 'spk/conf/resource')) },
    ...filesBelow(root, 'spk/scripts', 'scripts').map(asItIs),
    ...filesBelow(root, 'spk/wizard', 'WIZARD_UIFILES').map(asItIs),
  ];
  const bytes = await tarOf(members, time);
  if (bytes.length > SPK_BYTES_MAX) {
    throw new Error(`the package has ${bytes.length} bytes, more than ${SPK_BYTES_MAX}`);
  }
  return { fileName: `dicomkeep-${packageVersion(version, build)}.spk`, bytes };
}

/** The package says that it is for every kind of processor. @throws Error that names what is for one of them */
export function assertRunsEverywhere(members: readonly Member[]): void {
  const native = members.filter(
    ({ path, bytes }) => path.endsWith('.node') || bytes.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC),
  );
  if (native.length > 0) {
    throw new Error(`not for every processor: ${native.map(({ path }) => path).join(', ')}`);
  }
}

/** Package Center shows this, and asks for consent. */
function licence(root: string): string {
  const text = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return `${text}\n\nDicomkeep contains software of others. Their licences are in the file app/THIRD-PARTY-NOTICES.txt of the package.\n`;
}
