import { createHash } from 'node:crypto';

/** DSM's names of the languages, and what the archive is in each of them: a line in Package Center. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  enu: 'A DICOM archive that never loses or alters an image: it takes images from modalities, answers workstations, and keeps every image byte for byte as it came.',
  cht: '絕不遺失或更改影像的 DICOM 影像庫：接收檢查設備的影像，回應工作站的查詢，並將每張影像按收到時的原樣逐位元組保存。',
  chs: '绝不丢失或更改影像的 DICOM 影像库：接收检查设备的影像，响应工作站的查询，并将每幅影像按收到时的原样逐字节保存。',
  jpn: '画像を失わず、書き換えない DICOM アーカイブです。モダリティから画像を受け取り、ワークステーションの問い合わせに応え、すべての画像を受け取ったままのバイト列で保管します。',
  fre: 'Une archive DICOM qui ne perd ni ne modifie aucune image : elle reçoit les images des modalités, répond aux stations de travail et conserve chaque image octet pour octet telle qu’elle est arrivée.',
  ger: 'Ein DICOM-Archiv, das kein Bild verliert oder verändert: Es nimmt Bilder von Modalitäten an, antwortet Arbeitsstationen und bewahrt jedes Bild Byte für Byte so auf, wie es kam.',
};

export interface InfoParts {
  /** Of the product, and the number of the build: `0.1.0`, 1. */
  readonly version: string;
  readonly build: number;
  /** package.tgz, and the bytes of the files in it. */
  readonly payload: Buffer;
  readonly sizesBytes: readonly number[];
}

/** DSM asks that the last number rises with each release. @throws RangeError for a build that is no number from 1 to 9999 */
export function packageVersion(version: string, build: number): string {
  if (!/^\d+(\.\d+)*$/.test(version)) throw new RangeError(`the version ${version} is not made of numbers`);
  if (!Number.isInteger(build) || build < 1 || build > 9999) {
    throw new RangeError(`the build ${build} is not a number from 1 to 9999`);
  }
  return `${version}-${String(build).padStart(4, '0')}`;
}

/** The text of the member INFO. */
export function infoOf({ version, build, payload, sizesBytes }: InfoParts): string {
  const values: Record<string, string> = {
    package: 'dicomkeep',
    version: packageVersion(version, build),
    os_min_ver: '7.2-64570',
    arch: 'noarch',
    displayname: 'Dicomkeep',
    description: DESCRIPTIONS['enu'] ?? '',
    maintainer: 'The Dicomkeep authors',
    install_dep_packages: 'Node.js_v22:MariaDB10',
    adminprotocol: 'https',
    adminport: '8104',
    adminurl: '/',
    dsmuidir: 'ui',
    dsmappname: 'com.dicomkeep.Dicomkeep',
    // The first password and that of MariaDB are asked for in the wizard.
    silent_install: 'no',
    silent_upgrade: 'yes',
    // Whether the catalogue is kept is asked for.
    silent_uninstall: 'no',
    extractsize: String(diskKilobytes(sizesBytes)),
    checksum: createHash('md5').update(payload).digest('hex'),
  };
  for (const [language, text] of Object.entries(DESCRIPTIONS)) values[`description_${language}`] = text;
  const lines = Object.entries(values).map(([key, value]) => `${key}="${value.replaceAll('"', '\\"')}"`);
  return `${lines.join('\n')}\n`;
}

/** On a disk with blocks of 4 KB. */
function diskKilobytes(sizesBytes: readonly number[]): number {
  return sizesBytes.reduce((sum, bytes) => sum + Math.ceil(bytes / 4096) * 4, 0);
}
