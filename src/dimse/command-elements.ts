/**
 * The command elements — PS3.7 Annex E.1, Table E.1-1: element number in group 0000, VR, keyword.
 * A value is a string (UI, AE, LO), a number (US) or a list of tags (AT).
 */
export const COMMAND_ELEMENTS = {
  AffectedSOPClassUID: { element: 0x0002, vr: 'UI' },
  RequestedSOPClassUID: { element: 0x0003, vr: 'UI' },
  CommandField: { element: 0x0100, vr: 'US' },
  MessageID: { element: 0x0110, vr: 'US' },
  MessageIDBeingRespondedTo: { element: 0x0120, vr: 'US' },
  MoveDestination: { element: 0x0600, vr: 'AE' },
  Priority: { element: 0x0700, vr: 'US' },
  CommandDataSetType: { element: 0x0800, vr: 'US' },
  Status: { element: 0x0900, vr: 'US' },
  OffendingElement: { element: 0x0901, vr: 'AT' },
  ErrorComment: { element: 0x0902, vr: 'LO' },
  ErrorID: { element: 0x0903, vr: 'US' },
  AffectedSOPInstanceUID: { element: 0x1000, vr: 'UI' },
  RequestedSOPInstanceUID: { element: 0x1001, vr: 'UI' },
  EventTypeID: { element: 0x1002, vr: 'US' },
  AttributeIdentifierList: { element: 0x1005, vr: 'AT' },
  ActionTypeID: { element: 0x1008, vr: 'US' },
  NumberOfRemainingSuboperations: { element: 0x1020, vr: 'US' },
  NumberOfCompletedSuboperations: { element: 0x1021, vr: 'US' },
  NumberOfFailedSuboperations: { element: 0x1022, vr: 'US' },
  NumberOfWarningSuboperations: { element: 0x1023, vr: 'US' },
  MoveOriginatorApplicationEntityTitle: { element: 0x1030, vr: 'AE' },
  MoveOriginatorMessageID: { element: 0x1031, vr: 'US' },
} as const;

export type CommandKeyword = keyof typeof COMMAND_ELEMENTS;
export type CommandVr = (typeof COMMAND_ELEMENTS)[CommandKeyword]['vr'];

/** The value of an element by its VR. */
export type ValueOfVr<Vr extends CommandVr> = Vr extends 'US'
  ? number
  : Vr extends 'AT'
    ? readonly number[]
    : string;
export type CommandValue<Keyword extends CommandKeyword> = ValueOfVr<
  (typeof COMMAND_ELEMENTS)[Keyword]['vr']
>;

/** A command set by keyword. An element that is absent or has no value is left out. */
export type CommandSet = { [Keyword in CommandKeyword]?: CommandValue<Keyword> };
