/**
 * Writes tags.ts and elements.ts from the dictionary of dcmjs and our corrections: `node src/dicom/dictionary/tags.generate.ts`.
 * What it writes is compared with DCMTK and pydicom in test/dicom/dictionary/dictionary.itest.ts.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { corrections } from './corrections.ts';

interface Row {
  vr: string;
  vm: string;
  keyword: string;
}

/** Notations of dcmjs → VRs of PS3.6; the choice that Implicit VR is read with (PS3.5 §A.1) comes first. */
const VR_NOTATIONS: Readonly<Record<string, string>> = { xs: 'US/SS', ox: 'OW/OB', lt: 'OW/US/SS', up: 'UL' };

const GENERATED =
  '// Written by tags.generate.ts after PS3.6 Tables 6-1, 7-1, 8-1 and PS3.7 Tables E.1-1, E.2-1. Do not edit.\n';

const rows = new Map<string, Row>();
const delimiters = new Map<string, string>();
for (const { tag, vr, vm, name } of dcmjsElements()) {
  const hex = tag.replace(/[(),]/g, '');
  const keyword = name.replace(/^RETIRED_/, '');
  if (vr === 'na') delimiters.set(hex, keyword);
  else rows.set(hex, { vr: VR_NOTATIONS[vr] ?? vr, vm, keyword });
}
for (const line of corrections.trim().split('\n')) {
  const [hex = '', vr = '', vm = '', keyword = ''] = line.split(' ');
  if (vr === '-') rows.delete(hex);
  else rows.set(hex, { vr, vm, keyword });
}
write();

function dcmjsElements(): { tag: string; vr: string; vm: string; name: string }[] {
  const dcmjs = createRequire(import.meta.url)('dcmjs');
  return Object.values(dcmjs.data.DicomMetaDictionary.nameMap);
}

function write(): void {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([hex, { vr, vm, keyword }]) => `${hex} ${vr} ${vm} ${keyword}`);
  const keywords: [string, string][] = [
    ...sorted.map(([hex, { keyword }]): [string, string] => [hex, keyword]),
    ...delimiters,
  ];

  writeFileSync(
    new URL('elements.ts', import.meta.url),
    `${GENERATED}\n/** One element a line: tag, VR (or its choices, parted by /), VM, keyword. */\nexport const elements = \`\n${lines.join('\n')}\n\`;\n`,
  );
  writeFileSync(
    new URL('tags.ts', import.meta.url),
    `${GENERATED}\n/** Tags by keyword; a tag is the number (group << 16 | element) >>> 0. */\nexport const tags = {\n${keywords.map(([hex, keyword]) => `  ${keyword}: 0x${hex.toLowerCase()},`).join('\n')}\n} as const;\n`,
  );
}
