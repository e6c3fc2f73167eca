import { ProtocolError } from '../../lib/problem.ts';
import type { CommandKeyword, CommandValue } from '../command-elements.ts';
import { type CommandSet, encodeCommandSet } from '../command-set.ts';

/** Command Data Set Type (0000,0800): this value alone says that no data set follows — PS3.7 Annex E.1. */
const NO_DATA_SET = 0x0101;
/** What we send where one follows; any other value means the same. */
const DATA_SET_FOLLOWS = 0x0001;

interface FieldRow<Keyword extends CommandKeyword, IsRequired extends boolean> {
  readonly keyword: Keyword;
  readonly isRequired: IsRequired;
  /** Taken where a peer leaves out what it should send. */
  readonly fallback?: number | string;
}
type FieldRows = Readonly<Record<string, FieldRow<CommandKeyword, boolean>>>;

type RequiredOf<Rows extends FieldRows> = {
  -readonly [F in keyof Rows as Rows[F]['isRequired'] extends true ? F : never]: CommandValue<
    Rows[F]['keyword']
  >;
};
type OptionalOf<Rows extends FieldRows> = {
  -readonly [F in keyof Rows as Rows[F]['isRequired'] extends true ? never : F]?: CommandValue<
    Rows[F]['keyword']
  >;
};
type Flat<T> = { [K in keyof T]: T[K] };

/** The value that a message table describes. */
export type MessageOf<Table> = Table extends MessageTable<infer Value> ? Value : never;

export interface MessageTable<Value> {
  readonly commandField: number;
  readonly type: string;
  /** @throws ProtocolError naming the message and the element that is missing */
  readonly parse: (commandSet: CommandSet) => Value;
  /** The bytes of the command set. */
  readonly encode: (message: Value) => Buffer;
}

export function required<const Keyword extends CommandKeyword>(keyword: Keyword): FieldRow<Keyword, true> {
  return { keyword, isRequired: true };
}

export function optional<const Keyword extends CommandKeyword>(keyword: Keyword): FieldRow<Keyword, false> {
  return { keyword, isRequired: false };
}

/** Mandatory by the standard, so always sent; nothing depends on it, so a message without it is taken: MEDIUM, 0000H. */
export const priority: FieldRow<'Priority', true> = {
  keyword: 'Priority',
  isRequired: true,
  fallback: 0x0000,
};

/** A message of PS3.7 §9.3 or §10.3: its Command Field and which elements its command set has. */
export function message<const Type extends string, const Rows extends FieldRows>(
  commandField: number,
  type: Type,
  rows: Rows,
): MessageTable<Flat<{ type: Type; hasDataSet: boolean } & RequiredOf<Rows> & OptionalOf<Rows>>> {
  type Value = Flat<{ type: Type; hasDataSet: boolean } & RequiredOf<Rows> & OptionalOf<Rows>>;
  const fields = Object.entries(rows);
  return {
    commandField,
    type,
    parse: (commandSet) => {
      const dataSetType = commandSet.CommandDataSetType;
      if (dataSetType === undefined) throw new ProtocolError(`${type} without CommandDataSetType`);
      const value: Record<string, unknown> = { type, hasDataSet: dataSetType !== NO_DATA_SET };
      for (const [name, { keyword, isRequired, fallback }] of fields) {
        const element = commandSet[keyword] ?? fallback;
        if (element !== undefined) value[name] = element;
        else if (isRequired) throw new ProtocolError(`${type} without ${keyword}`);
      }
      return value as Value;
    },
    encode: (value) => {
      const from = value as Record<string, unknown>;
      const elements: Record<string, unknown> = { CommandField: commandField };
      for (const [name, { keyword }] of fields) elements[keyword] = from[name];
      elements['CommandDataSetType'] = from['hasDataSet'] ? DATA_SET_FOLLOWS : NO_DATA_SET;
      return encodeCommandSet(elements as CommandSet);
    },
  };
}

/** What every response has beside its own elements — PS3.7 Annex C: status and what explains it. */
export const responseRows = {
  messageIdBeingRespondedTo: required('MessageIDBeingRespondedTo'),
  status: required('Status'),
  errorComment: optional('ErrorComment'),
  offendingElement: optional('OffendingElement'),
  errorId: optional('ErrorID'),
} as const;

/** The counters of C-GET-RSP and C-MOVE-RSP — PS3.7 Tables 9.3-7 and 9.3-10. */
export const suboperationRows = {
  numberOfRemainingSuboperations: optional('NumberOfRemainingSuboperations'),
  numberOfCompletedSuboperations: optional('NumberOfCompletedSuboperations'),
  numberOfFailedSuboperations: optional('NumberOfFailedSuboperations'),
  numberOfWarningSuboperations: optional('NumberOfWarningSuboperations'),
} as const;
