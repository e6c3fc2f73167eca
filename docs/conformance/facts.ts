import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import json5 from 'json5';
import { type Config, configSchema } from '../../src/config/schema.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The settings as they are delivered. */
export const defaults: Config = configSchema.parse(
  json5.parse(readFileSync(join(ROOT, 'conf/default.json5'), 'utf8')),
);

/** Of the product. */
export const version: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
