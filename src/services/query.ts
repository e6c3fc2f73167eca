import { isSupportedAt } from '../catalog/attributes.ts';
import type { Catalog, QueryKey } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { Element } from '../dicom/element.ts';
import { fromJson } from '../dicom/from-json.ts';
import type { JsonDataSet, JsonElement } from '../dicom/json.ts';
import type { Filer } from './filing.ts';
import { type InformationModel, levelOfIdentifier } from './levels.ts';

export interface QueryRequest {
  model: InformationModel;
  identifier: DataSet;
  /** C-CANCEL, or the end of the association. */
  signal: AbortSignal;
}

export interface QueryServiceOptions {
  catalog: Pick<Catalog, 'query'>;
  filer: Pick<Filer, 'settled'>;
  /** Ours: where the answers are to be retrieved from. */
  retrieveAeTitle(): string;
  /** Instance Availability (0008,0056), by the state of the volume. */
  availability(): Promise<'ONLINE' | 'OFFLINE'>;
}

/** One Pending response — PS3.4 §C.4.1.1.4. */
export interface QueryMatch {
  identifier: DataSet;
  /** False where a requested optional key is none that we know: FF01H in place of FF00H. */
  isEveryKeySupported: boolean;
}

/** Elements of an identifier that say how to read it, and are no keys. */
const NOT_KEYS: ReadonlySet<number> = new Set([
  tags.SpecificCharacterSet,
  tags.QueryRetrieveLevel,
  tags.TimezoneOffsetFromUTC,
]);
/** Answered of our own accord, not from an instance. */
const OUR_OWN: ReadonlySet<number> = new Set([tags.RetrieveAETitle, tags.InstanceAvailability]);

/** C-FIND SCP of both information models — PS3.4 §C.4.1. */
export class QueryService {
  readonly #options: QueryServiceOptions;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
  }

  /**
   * Matches one by one, as the catalogue finds them; what was accepted before this call is among them.
   * @throws Problem 'data-set-mismatch' for an identifier that breaks the hierarchy, 'catalog-unavailable'
   */
  async *find({ model, identifier, signal }: QueryRequest): AsyncGenerator<QueryMatch, void, undefined> {
    const level = levelOfIdentifier(model, identifier);
    const requested = identifier.tagsInOrder().filter((tag) => !NOT_KEYS.has(tag) && (tag & 0xffff) !== 0);
    const supported = requested.filter((tag) => isSupportedAt(tag, level));
    const isEveryKeySupported = requested.every((tag) => isSupportedAt(tag, level) || OUR_OWN.has(tag));
    const keys = supported.map((tag) => toKey(identifier, tag));
    await this.#options.filer.settled();
    const own = {
      [hexOfTag(tags.QueryRetrieveLevel)]: { vr: 'CS', Value: [level] },
      [hexOfTag(tags.RetrieveAETitle)]: { vr: 'AE', Value: [this.#options.retrieveAeTitle()] },
      [hexOfTag(tags.InstanceAvailability)]: { vr: 'CS', Value: [await this.#options.availability()] },
    };
    for await (const match of this.#options.catalog.query(level, keys, { signal })) {
      yield { identifier: toAnswer(match, own, supported, identifier), isEveryKeySupported };
    }
  }
}

function toAnswer(
  match: JsonDataSet,
  own: JsonDataSet,
  supported: readonly number[],
  identifier: DataSet,
): DataSet {
  const json: JsonDataSet = { ...own };
  for (const tag of supported) {
    const key = hexOfTag(tag);
    const element = match[key];
    const asked = identifier.get(tag);
    if (asked === undefined) continue;
    json[key] = element === undefined ? { vr: asked.vr } : narrowed(element, asked);
  }
  // In the character set of the request where every value fits it, else in UTF-8.
  return fromJson(json, identifier.characterSets);
}

function toKey(identifier: DataSet, tag: number): QueryKey {
  const element = identifier.get(tag);
  if (element === undefined || element.vr === 'SQ') return { tag, vr: element?.vr ?? 'UN', values: [] };
  return { tag, vr: element.vr, values: identifier.texts(tag) };
}

/** Of a sequence, the attributes that were asked for; all of them where the item of the request is empty — PS3.4 §C.2.2.2.6. */
function narrowed(element: JsonElement, asked: Element): JsonElement {
  const wanted = asked.vr === 'SQ' ? asked.items[0]?.tagsInOrder() : undefined;
  if (wanted === undefined || wanted.length === 0) return element;
  const keys = new Set(wanted.map(hexOfTag));
  const items = (element.Value ?? []).map((item) => {
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).filter(([key]) => keys.has(key))) as JsonDataSet;
  });
  return { vr: element.vr, Value: items };
}
