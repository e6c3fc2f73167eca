import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Holds a name that no other process of this machine can hold, and that is free again when this process ends, however it ends: an abstract Unix
 * socket (unix(7)). Two servers on one volume would each take the other's half-received instances for leftovers.
 * @param name of any length; the socket's, which has 107 bytes, is made of its hash
 * @returns undefined where the name is held by another process
 */
export async function holdName(name: string): Promise<{ release(): void } | undefined> {
  if (process.platform !== 'linux') return { release: () => undefined };
  const hash = createHash('sha256').update(name).digest('hex');
  const server: Server = createServer((socket) => socket.destroy());
  const isHeld = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0dicomkeep-${hash}`, () => resolve(true));
  });
  if (!isHeld) return undefined;
  server.unref();
  return { release: () => server.close() };
}
