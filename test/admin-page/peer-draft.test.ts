import { expect } from 'chai';
import { type Peer, peerInputSchema } from '../../src/admin/api/peers.ts';
import { ApiError } from '../../src/admin/page/lib/api.ts';
import {
  draftOfCaller,
  draftOfPeer,
  emptyDraft,
  fieldError,
  inputOf,
} from '../../src/admin/page/pages/parts/peer-draft.ts';
import { read } from './languages.ts';

const PEER: Peer = {
  id: 7,
  aeTitle: 'CT1',
  host: '10.0.0.20',
  port: 11112,
  mayEcho: true,
  mayStore: true,
  mayFind: false,
  mayRetrieve: false,
  matchAddress: true,
  useTls: false,
  preferredTransferSyntaxes: ['1.2.840.10008.1.2.1'],
  note: 'room 2',
  createdAt: 1,
  lastSeenAt: null,
  lastStoredAt: null,
};

describe('A peer as it stands in the form', () => {
  it('is sent as it was where nothing was typed, without what only the server knows', () => {
    const { id: _id, createdAt: _createdAt, lastSeenAt: _seen, lastStoredAt: _stored, ...input } = PEER;

    expect(inputOf(draftOfPeer(PEER))).to.deep.equal(input);
  });

  it('takes the AE title and address of a caller, and port 104, since that of the caller is not known', () => {
    const caller = {
      id: 1,
      aeTitle: 'US1',
      address: '10.0.0.30',
      calledAeTitle: 'DICOMKEEP',
      callCount: 1,
      firstSeenAt: 1,
      lastSeenAt: 1,
      refused: '',
      proposed: [],
    };

    expect(inputOf(draftOfCaller(caller))).to.include({ aeTitle: 'US1', host: '10.0.0.30', port: 104 });
  });

  it('is refused by the server, and not by half a number, where the port is none', () => {
    for (const port of ['', 'x', '104x', '1e3', '-1', '0']) {
      const input = inputOf({ ...emptyDraft(), aeTitle: 'A', host: 'a', port });

      expect(peerInputSchema.safeParse(input).success, port).to.equal(false);
    }
  });

  it('has what is wrong said at the field that it is about', () => {
    const problem = { type: '', title: '', status: 400, detail: '', code: 'invalid-request' };
    const issues = [{ path: 'preferredTransferSyntaxes.2', message: 'no UID' }];
    const error = new ApiError(400, { ...problem, issues });

    expect(fieldError(error, 'preferredTransferSyntaxes')).to.equal('no UID');
    expect(fieldError(error, 'port')).to.equal(undefined);
    expect(fieldError(undefined, 'port')).to.equal(undefined);
  });

  it('says of a taken AE title that it is taken', () => {
    read('en');
    const problem = { type: '', title: '', status: 409, detail: '', code: 'already-exists' };

    expect(fieldError(new ApiError(409, problem), 'aeTitle')).to.equal(
      'There is a peer of this AE title already.',
    );
    expect(fieldError(new ApiError(409, problem), 'host')).to.equal(undefined);
  });
});
