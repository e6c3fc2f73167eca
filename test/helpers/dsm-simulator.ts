import { join } from 'node:path';

/** Where the program is looked for that does with a Synology package what DSM would do. */
export const dsmSimulator =
  process.env['DICOMKEEP_DSM_SIM'] || join(import.meta.dirname, '../../../shared/dsm/dsm-sim');
