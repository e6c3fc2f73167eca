import { createServer } from 'node:net';

/**
 * Below the ports that the kernel gives to connections and to whoever asks for any (Linux: 32768 and above): there, another
 * test could get the port before it is used, or a connection to it while nobody listens could end at itself.
 */
const FIRST = 20_000;
const LAST = 31_999;

/** Each process begins somewhere else, so that tests at the same time do not meet. */
let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A port of loopback that nobody has now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port === LAST ? FIRST : port + 1;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
