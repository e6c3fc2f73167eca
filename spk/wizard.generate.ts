import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WIZARD_TEXTS, type WizardText } from './wizard-texts.ts';

/**
 * Writes spk/wizard: the forms of Package Center, one file a language. They are in the repository, so that what DSM gets can be read;
 * `node spk/wizard.generate.ts` after a change to the texts.
 */
const FOLDER = join(import.meta.dirname, 'wizard');

/** 1024 to 65535. */
const PORT =
  '/^(102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/';
/** PS3.5 §6.2, VR AE. */
const AE_TITLE = '/^(?=.*[^ ])[ -\\[\\]-~]{1,16}$/';
const SHARE = '/^[^\\\\\\/:*?"<>|@. -]([^\\\\\\/:*?"<>|]*[^\\\\\\/:*?"<>| ])?$/';

/** Contents by file name; English is also what DSM takes for a language that is not here. */
export function wizardFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [language, text] of Object.entries(WIZARD_TEXTS)) {
    const suffixes = language === 'enu' ? ['', '_enu'] : [`_${language}`];
    for (const suffix of suffixes) {
      files.set(`install_uifile${suffix}`, json(installSteps(text)));
      files.set(`uninstall_uifile${suffix}`, json(uninstallSteps(text)));
    }
  }
  return files;
}

function installSteps(text: WizardText) {
  return [
    {
      step_title: text.dicomTitle,
      invalid_next_disabled_v2: true,
      items: [
        { desc: text.dicomIntro },
        field('textfield', text.aeTitle, {
          key: 'wizard_ae_title',
          defaultValue: 'DICOMKEEP',
          validator: {
            allowBlank: false,
            maxLength: 16,
            regex: { expr: AE_TITLE, errorText: text.aeTitleError },
          },
        }),
        field('textfield', text.dicomPort, {
          key: 'wizard_dicom_port',
          defaultValue: '11112',
          validator: { allowBlank: false, regex: { expr: PORT, errorText: text.portError } },
        }),
        { desc: text.dicomPortHint },
      ],
    },
    {
      step_title: text.imagesTitle,
      invalid_next_disabled_v2: true,
      items: [
        { desc: text.imagesIntro },
        field('textfield', text.share, {
          key: 'wizard_share',
          defaultValue: 'dicom',
          validator: { allowBlank: false, maxLength: 64, regex: { expr: SHARE, errorText: text.shareError } },
        }),
        { desc: text.shareHint },
      ],
    },
    {
      step_title: text.pageTitle,
      invalid_next_disabled_v2: true,
      items: [
        { desc: text.pageIntro },
        field('textfield', text.webPort, {
          key: 'wizard_web_port',
          defaultValue: '8104',
          validator: { allowBlank: false, regex: { expr: PORT, errorText: text.portError } },
        }),
        field('password', text.adminPassword, {
          key: 'wizard_admin_password',
          validator: { allowBlank: false, minLength: 10, maxLength: 256 },
        }),
      ],
    },
    {
      step_title: text.catalogueTitle,
      invalid_next_disabled_v2: true,
      items: [
        { desc: text.catalogueIntro },
        field('password', text.rootPassword, {
          key: 'wizard_mysql_root_password',
          validator: { allowBlank: false },
        }),
      ],
    },
  ];
}

function uninstallSteps(text: WizardText) {
  return [
    {
      step_title: text.uninstallTitle,
      items: [
        { desc: text.uninstallIntro },
        {
          type: 'singleselect',
          desc: text.uninstallQuestion,
          subitems: [
            { key: 'wizard_keep_data', desc: text.keep, defaultValue: true },
            { key: 'wizard_delete_data', desc: text.delete, defaultValue: false },
          ],
        },
      ],
    },
  ];
}

function field(type: 'textfield' | 'password', label: string, subitem: Record<string, unknown>) {
  return { type, desc: '', subitems: [{ ...subitem, desc: label, width: 400 }] };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, text] of wizardFiles()) writeFileSync(join(FOLDER, name), text);
}
