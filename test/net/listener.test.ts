import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Listener, type ListenerOptions } from '../../src/net/listener.ts';
import { memoryLog } from '../services/fixtures.ts';

describe('Listener', () => {
  const listeners: Listener[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const listener of listeners.splice(0)) listener.close();
  });

  function listenerOf(options: Partial<ListenerOptions> = {}): Listener {
    const defaults = { host: '127.0.0.1', port: 0, connectionsMax: 10, log: memoryLog() };
    const listener = new Listener({ ...defaults, dropped: () => undefined, ...options });
    listeners.push(listener);
    return listener;
  }

  function call(port: number): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  it('says which port cannot be bound', async () => {
    const first = listenerOf();
    await first.listen();

    const words = await listenerOf({ port: first.port }).listen().then(String, String);

    expect(words).to.match(new RegExp(`^Error: cannot listen on 127.0.0.1 port ${first.port}: .*EADDRINUSE`));
  });

  it('drops connections beyond its bound, and says so', async () => {
    const log = memoryLog();
    const dropped: string[] = [];
    const listener = listenerOf({ connectionsMax: 1, log, dropped: (address) => dropped.push(address) });
    await listener.listen();
    listener.serve((socket) => void socket.resume());

    call(listener.port);
    call(listener.port);
    while (log.lines.length === 0) await wait(2);

    expect(log.lines[0]).to.deep.include({ level: 'warn', message: 'connection dropped' });
    expect(dropped).to.deep.equal(['127.0.0.1']);
  });

  it('keeps connections waiting until they are served, in their order', async () => {
    const listener = listenerOf();
    await listener.listen();
    const callers = [call(listener.port), call(listener.port)];
    for (const caller of callers) await once(caller, 'connect');
    await wait(20);
    const ports: (number | undefined)[] = [];

    listener.serve((socket) => ports.push(socket.remotePort));

    expect(ports).to.deep.equal(callers.map(({ localPort }) => localPort));
  });

  it('closes connections that nobody came to serve', async () => {
    const listener = listenerOf();
    await listener.listen();
    const caller = call(listener.port);
    await once(caller, 'connect');
    await wait(20);

    listener.close();

    await once(caller, 'close');
  });
});
