/**
 * The association state machine of PS3.8 §9.2, laid out as the standard lays it out.
 * States: Sta1 idle · Sta2 transport open, awaiting A-ASSOCIATE-RQ · Sta3 awaiting the local A-ASSOCIATE response ·
 * Sta4 awaiting the transport connection · Sta5 awaiting A-ASSOCIATE-AC or -RJ · Sta6 ready for data ·
 * Sta7 awaiting A-RELEASE-RP · Sta8 awaiting the local A-RELEASE response · Sta9 release collision, requestor,
 * awaiting the local response · Sta10 release collision, acceptor, awaiting A-RELEASE-RP · Sta11 release collision,
 * requestor, awaiting A-RELEASE-RP · Sta12 release collision, acceptor, awaiting the local response ·
 * Sta13 awaiting the close of the transport connection.
 */
// biome-ignore format: read as the standard numbers them
export type State =
  | 'Sta1' | 'Sta2' | 'Sta3' | 'Sta4' | 'Sta5' | 'Sta6' | 'Sta7'
  | 'Sta8' | 'Sta9' | 'Sta10' | 'Sta11' | 'Sta12' | 'Sta13';

// biome-ignore format: read as the standard numbers them
export type Event =
  | 'Evt1' | 'Evt2' | 'Evt3' | 'Evt4' | 'Evt5' | 'Evt6' | 'Evt7' | 'Evt8' | 'Evt9' | 'Evt10'
  | 'Evt11' | 'Evt12' | 'Evt13' | 'Evt14' | 'Evt15' | 'Evt16' | 'Evt17' | 'Evt18' | 'Evt19';

// biome-ignore format: read as the standard numbers them
export type Action =
  | 'AE-1' | 'AE-2' | 'AE-3' | 'AE-4' | 'AE-5' | 'AE-6' | 'AE-7' | 'AE-8' | 'DT-1' | 'DT-2'
  | 'AR-1' | 'AR-2' | 'AR-3' | 'AR-4' | 'AR-5' | 'AR-6' | 'AR-7' | 'AR-8' | 'AR-9' | 'AR-10'
  | 'AA-1' | 'AA-2' | 'AA-3' | 'AA-4' | 'AA-5' | 'AA-6' | 'AA-7' | 'AA-8';

/** What an action does, in order. `send` is the PDU of the event, `indicate` the primitive of the event. */
// biome-ignore format: read as the standard numbers them
export type Step =
  | 'connect' | 'close' | 'start-artim' | 'stop-artim' | 'send' | 'send A-ABORT of the user'
  | 'send A-ABORT of the provider' | 'indicate' | 'indicate A-P-ABORT';

/** PS3.8 §9.2.3, Table 9-10: event × state → action. An absent cell cannot happen. */
// biome-ignore format: one row of the table is one line
export const TABLE_9_10: Readonly<Record<Event, Readonly<Partial<Record<State, Action>>>>> = {
  /* A-ASSOCIATE request primitive    */ Evt1: { Sta1: 'AE-1' },
  /* transport connection confirmed   */ Evt2: { Sta4: 'AE-2' },
  /* A-ASSOCIATE-AC PDU received      */ Evt3: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AE-3', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  /* A-ASSOCIATE-RJ PDU received      */ Evt4: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AE-4', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  /* transport connection indication  */ Evt5: { Sta1: 'AE-5' },
  /* A-ASSOCIATE-RQ PDU received      */ Evt6: { Sta2: 'AE-6', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-7' },
  /* A-ASSOCIATE response, accept     */ Evt7: { Sta3: 'AE-7' },
  /* A-ASSOCIATE response, reject     */ Evt8: { Sta3: 'AE-8' },
  /* P-DATA request primitive         */ Evt9: { Sta6: 'DT-1', Sta8: 'AR-7' },
  /* P-DATA-TF PDU received           */ Evt10: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'DT-2', Sta7: 'AR-6', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  /* A-RELEASE request primitive      */ Evt11: { Sta6: 'AR-1' },
  /* A-RELEASE-RQ PDU received        */ Evt12: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AR-2', Sta7: 'AR-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-6' },
  /* A-RELEASE-RP PDU received        */ Evt13: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AR-3', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AR-10', Sta11: 'AR-3', Sta12: 'AA-8', Sta13: 'AA-6' },
  /* A-RELEASE response primitive     */ Evt14: { Sta8: 'AR-4', Sta9: 'AR-9', Sta12: 'AR-4' },
  /* A-ABORT request primitive        */ Evt15: { Sta3: 'AA-1', Sta4: 'AA-2', Sta5: 'AA-1', Sta6: 'AA-1', Sta7: 'AA-1', Sta8: 'AA-1', Sta9: 'AA-1', Sta10: 'AA-1', Sta11: 'AA-1', Sta12: 'AA-1' },
  /* A-ABORT PDU received             */ Evt16: { Sta2: 'AA-2', Sta3: 'AA-3', Sta5: 'AA-3', Sta6: 'AA-3', Sta7: 'AA-3', Sta8: 'AA-3', Sta9: 'AA-3', Sta10: 'AA-3', Sta11: 'AA-3', Sta12: 'AA-3', Sta13: 'AA-2' },
  /* transport connection closed      */ Evt17: { Sta2: 'AA-5', Sta3: 'AA-4', Sta4: 'AA-4', Sta5: 'AA-4', Sta6: 'AA-4', Sta7: 'AA-4', Sta8: 'AA-4', Sta9: 'AA-4', Sta10: 'AA-4', Sta11: 'AA-4', Sta12: 'AA-4', Sta13: 'AR-5' },
  /* ARTIM timer expired              */ Evt18: { Sta2: 'AA-2', Sta13: 'AA-2' },
  /* unrecognized or invalid PDU      */ Evt19: { Sta2: 'AA-1', Sta3: 'AA-8', Sta5: 'AA-8', Sta6: 'AA-8', Sta7: 'AA-8', Sta8: 'AA-8', Sta9: 'AA-8', Sta10: 'AA-8', Sta11: 'AA-8', Sta12: 'AA-8', Sta13: 'AA-7' },
};

interface ActionRow {
  readonly steps: readonly Step[];
  /** AR-8 alone depends on who requested the association. */
  readonly next: State | Readonly<Record<'requestor' | 'acceptor', State>>;
}

/** What the actions do and where they lead — PS3.8 §9.2.2, Tables 9-6 (AE), 9-7 (DT), 9-8 (AR), 9-9 (AA). */
export const ACTIONS: Readonly<Record<Action, ActionRow>> = {
  'AE-1': { steps: ['connect'], next: 'Sta4' },
  'AE-2': { steps: ['send'], next: 'Sta5' },
  'AE-3': { steps: ['indicate'], next: 'Sta6' },
  'AE-4': { steps: ['indicate', 'close'], next: 'Sta1' },
  'AE-5': { steps: ['start-artim'], next: 'Sta2' },
  // The request is always indicated: what the standard lets the provider reject by itself, negotiate() rejects by AE-8.
  'AE-6': { steps: ['stop-artim', 'indicate'], next: 'Sta3' },
  'AE-7': { steps: ['send'], next: 'Sta6' },
  'AE-8': { steps: ['send', 'start-artim'], next: 'Sta13' },
  'DT-1': { steps: ['send'], next: 'Sta6' },
  'DT-2': { steps: ['indicate'], next: 'Sta6' },
  'AR-1': { steps: ['send'], next: 'Sta7' },
  'AR-2': { steps: ['indicate'], next: 'Sta8' },
  'AR-3': { steps: ['indicate', 'close'], next: 'Sta1' },
  'AR-4': { steps: ['send', 'start-artim'], next: 'Sta13' },
  'AR-5': { steps: ['stop-artim'], next: 'Sta1' },
  'AR-6': { steps: ['indicate'], next: 'Sta7' },
  'AR-7': { steps: ['send'], next: 'Sta8' },
  'AR-8': { steps: ['indicate'], next: { requestor: 'Sta9', acceptor: 'Sta10' } },
  'AR-9': { steps: ['send'], next: 'Sta11' },
  'AR-10': { steps: ['indicate'], next: 'Sta12' },
  'AA-1': { steps: ['send A-ABORT of the user', 'start-artim'], next: 'Sta13' },
  'AA-2': { steps: ['stop-artim', 'close'], next: 'Sta1' },
  'AA-3': { steps: ['indicate', 'close'], next: 'Sta1' },
  'AA-4': { steps: ['indicate A-P-ABORT'], next: 'Sta1' },
  'AA-5': { steps: ['stop-artim'], next: 'Sta1' },
  'AA-6': { steps: [], next: 'Sta13' },
  'AA-7': { steps: ['send A-ABORT of the provider'], next: 'Sta13' },
  'AA-8': { steps: ['send A-ABORT of the provider', 'indicate A-P-ABORT', 'start-artim'], next: 'Sta13' },
};
