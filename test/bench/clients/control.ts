/** What a client can say to the process that started it. */
export interface Control {
  /** Says that the client is ready, and resolves when all the others are. */
  go(): Promise<void>;
  /** Says on which port the client listens. */
  announce(port: number): void;
}

export type ToClient = { job: unknown } | { go: true };
export type FromClient = { ready: true } | { port: number } | { result: object } | { failed: string };
