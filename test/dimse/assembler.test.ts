import { expect } from 'chai';
import { MessageAssembler } from '../../src/dimse/assembler.ts';
import { encodeMessage, type Message } from '../../src/dimse/message.ts';
import { ProtocolError } from '../../src/lib/problem.ts';

const store: Message = {
  type: 'C-STORE-RQ',
  hasDataSet: true,
  affectedSopClassUid: '1.2',
  affectedSopInstanceUid: '1.2.3',
  messageId: 1,
  priority: 0,
};
const echo: Message = { type: 'C-ECHO-RQ', hasDataSet: false, affectedSopClassUid: '1.2', messageId: 2 };

const command = (bytes: Buffer, isLast = true, contextId = 1) => ({
  contextId,
  isCommand: true,
  isLast,
  bytes,
});
const data = (bytes: Buffer, isLast = false, contextId = 1) => ({
  contextId,
  isCommand: false,
  isLast,
  bytes,
});

describe('MessageAssembler (PS3.7 §6.3.1, PS3.8 Annex E)', () => {
  it('gives a message once its command set is whole, wherever that is cut', () => {
    const bytes = encodeMessage(store);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const assembler = new MessageAssembler();
      const chunk = Buffer.from(bytes.subarray(0, cut));

      expect(assembler.receive(command(chunk, false))).to.equal(undefined);
      chunk.fill(0xee);

      expect(assembler.receive(command(bytes.subarray(cut)))).to.deep.equal({
        type: 'message',
        contextId: 1,
        message: store,
      });
    }
  });

  it('gives the pieces of the data set as they come, views as they are, an empty last one too', () => {
    const assembler = new MessageAssembler();
    assembler.receive(command(encodeMessage(store)));
    const piece = Buffer.from('abcd');

    const first = assembler.receive(data(piece));
    const last = assembler.receive(data(Buffer.alloc(0), true));

    expect(first).to.deep.equal({
      type: 'data-set',
      contextId: 1,
      message: store,
      bytes: piece,
      isLast: false,
    });
    expect(first?.type === 'data-set' && first.bytes).to.equal(piece);
    expect(last).to.deep.equal({
      type: 'data-set',
      contextId: 1,
      message: store,
      bytes: Buffer.alloc(0),
      isLast: true,
    });
    expect(assembler.receive(command(encodeMessage(echo)))).to.have.property('type', 'message');
  });

  const stored = (assembler: MessageAssembler) => assembler.receive(command(encodeMessage(store)));
  const refusals: [string, (assembler: MessageAssembler) => unknown, RegExp][] = [
    ['a data set before any command', (a) => a.receive(data(Buffer.from('a'))), /without a command/],
    [
      'a data set after a command that announces none',
      (a) => {
        a.receive(command(encodeMessage(echo)));
        a.receive(data(Buffer.from('a')));
      },
      /without a command/,
    ],
    [
      'a command within a data set',
      (a) => {
        stored(a);
        a.receive(command(encodeMessage(echo)));
      },
      /within the data set of a C-STORE-RQ/,
    ],
    [
      'a data set on another context',
      (a) => {
        stored(a);
        a.receive(data(Buffer.from('a'), false, 3));
      },
      /on context 3 for a command on 1/,
    ],
    [
      'a command set that changes its context',
      (a) => {
        a.receive(command(Buffer.from('a'), false));
        a.receive(command(Buffer.from('a'), true, 3));
      },
      /on context 3 within one on 1/,
    ],
    [
      'a command set without end',
      (a) => {
        for (let count = 0; count < 66; count++) a.receive(command(Buffer.alloc(1000), false));
      },
      /more than 65536 bytes/,
    ],
  ];
  for (const [what, act, words] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => act(new MessageAssembler())).to.throw(ProtocolError, words);
    });
  }
});
