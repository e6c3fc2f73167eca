import type { FuzzTarget } from './target.ts';
import { actionInformation } from './targets/action-information.ts';
import { associationAnswer, associationRequest, dataTransfer } from './targets/association.ts';
import { characterSets } from './targets/character-sets.ts';
import { dataSets } from './targets/data-set.ts';
import { deflate } from './targets/deflate.ts';
import { fileMeta } from './targets/file-meta.ts';
import { identifier } from './targets/identifier.ts';
import { message } from './targets/message.ts';

/** Every layer that reads bytes of strangers; adding one is a file and a line here. */
export const targets: readonly FuzzTarget[] = [
  ...[associationRequest, associationAnswer, dataTransfer, message],
  ...dataSets,
  ...[deflate, characterSets, fileMeta, identifier, actionInformation],
];
