import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from './archive.ts';
import { bundle } from './bundle.ts';
import { type Lock, noticesOf, packagesOf } from './notices.ts';
import { builtPage } from './page.ts';

/** Where the admin page lies beside the bundle: see `src/admin/static.ts`. */
const PAGE_FOLDER = 'app/dist/admin/public';

/**
 * What becomes `target` on the NAS.
 * @param root the checkout
 * @param version goes into the package.json beside the program, which tells it to whoever asks
 */
export async function payloadOf(root: string, version: string): Promise<Member[]> {
  const program = await bundle(root);
  const page = await builtPage(root);
  const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const packages = packagesOf([...program.inputs, ...page.inputs], lock);
  const { name, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [
    textMember(
      'app/package.json',
      `${JSON.stringify({ name, version, license, type: 'module' }, null, 2)}\n`,
    ),
    textMember('app/THIRD-PARTY-NOTICES.txt', noticesOf(root, packages, lock)),
    ...[...program.files].map(([path, bytes]) => ({ path: `app/dist/${path}`, bytes })),
    ...[...page.files].map(([path, bytes]) => ({ path: `${PAGE_FOLDER}/${path}`, bytes })),
    ...filesBelow(root, 'bin', 'app/bin'),
    ...filesBelow(root, 'conf', 'app/conf'),
    ...filesBelow(root, 'migrations', 'app/migrations'),
    ...filesBelow(root, 'spk/bin', 'bin').map(asItIs),
    ...filesBelow(root, 'spk/ui', 'ui'),
    ...filesBelow(root, 'spk/icons', 'ui/images').filter(({ path }) => path.endsWith('.png')),
    { path: 'conf/dicomkeep.sc', bytes: readFileSync(join(root, 'spk/conf/dicomkeep.sc')) },
  ];
}

/** Every file of a folder of the checkout, however deep, under the path that it gets in the archive. */
export function filesBelow(root: string, folder: string, path: string): Member[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(root, `${folder}/${entry.name}`, `${path}/${entry.name}`)
        : { path: `${path}/${entry.name}`, bytes: readFileSync(join(root, folder, entry.name)) },
    );
}

export function textMember(path: string, text: string): Member {
  return { path, bytes: Buffer.from(text) };
}

/** What begins as a script is one, whatever the file's mode is in the checkout. */
export function asItIs(member: Member): Member {
  return { ...member, isProgram: member.bytes.subarray(0, 2).toString('latin1') === '#!' };
}
