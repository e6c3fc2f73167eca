import type { Catalog } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { type AgreedOptions, NOTHING_AGREED } from './extended-negotiation.ts';
import type { Filer } from './filing.ts';
import { type InformationModel, levelOfIdentifier } from './levels.ts';
import { AnswerMaker } from './query-answer.ts';
import { readQueryIdentifier } from './query-identifier.ts';

export interface QueryRequest {
  model: InformationModel;
  identifier: DataSet;
  /** By extended negotiation; nothing unless given. */
  agreed?: AgreedOptions;
  /** C-CANCEL, or the end of the association. */
  signal: AbortSignal;
}

export interface QueryServiceOptions {
  catalog: Pick<Catalog, 'query'>;
  filer: Pick<Filer, 'indexed'>;
  /** Ours: where the answers are to be retrieved from. */
  retrieveAeTitle(): string;
  /** Instance Availability (0008,0056), by the state of the volume that holds them all. */
  availability(): Promise<'ONLINE' | 'OFFLINE'>;
}

/** One Pending response — PS3.4 §C.4.1.1.4. */
export interface QueryMatch {
  identifier: DataSet;
  /** False where a requested optional key is none that we know: FF01H in place of FF00H. */
  isEveryKeySupported: boolean;
}

/** C-FIND SCP of the information models — PS3.4 §C.4.1. */
export class QueryService {
  readonly #options: QueryServiceOptions;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
  }

  /**
   * Matches one by one, as the catalogue finds them; what was accepted before this call is among them.
   * @throws Problem 'data-set-mismatch' for an identifier that breaks the hierarchy or has a key which nothing could ever match,
   *   'unusable-identifier', 'catalog-unavailable', 'cancelled'
   */
  async *find(request: QueryRequest): AsyncGenerator<QueryMatch, void, undefined> {
    const { model, identifier, agreed = NOTHING_AGREED, signal } = request;
    const level = levelOfIdentifier(model, identifier, agreed.has('relational'));
    const asked = readQueryIdentifier(identifier, level, agreed);
    await this.#options.filer.indexed();
    const own = {
      [hexOfTag(tags.QueryRetrieveLevel)]: { vr: 'CS', Value: [level] },
      [hexOfTag(tags.RetrieveAETitle)]: { vr: 'AE', Value: [this.#options.retrieveAeTitle()] },
      [hexOfTag(tags.InstanceAvailability)]: { vr: 'CS', Value: [await this.#options.availability()] },
    };
    const answers = new AnswerMaker(identifier, asked, own);
    const { keys, rules, isEveryKeySupported } = asked;
    for await (const match of this.#options.catalog.query(level, keys, { signal, rules })) {
      yield { identifier: answers.answerOf(match), isEveryKeySupported };
    }
  }
}
