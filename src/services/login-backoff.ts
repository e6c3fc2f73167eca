/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 1000;
/** An address waits up to five minutes. */
const ADDRESS_DELAY_MAX_MS = 300_000;
/** An account up to one: whoever guesses must not keep its owner out. */
const ACCOUNT_DELAY_MAX_MS = 60_000;
/** After so long without a failure all is forgotten. */
const FORGET_MS = 3_600_000;
/** Of each table; the one whose last failure is the oldest goes first. */
const ENTRIES_MAX = 10_000;

interface Failures {
  count: number;
  /** Milliseconds since 1970. */
  lastAt: number;
}

/** Slows down who guesses passwords: by the address that they come from, and by the account that they try. In memory alone. */
export class LoginBackoff {
  readonly #addresses = new Map<string, Failures>();
  readonly #accounts = new Map<string, Failures>();
  /** Account and address that have been right before, and what they failed since: delays that strangers cause are not for them. */
  readonly #welcome = new Map<string, Failures>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Milliseconds to wait until the next attempt is looked at; 0: now. */
  delayMs(name: string, address: string): number {
    const own = this.#welcome.get(pairOf(name, address));
    if (own !== undefined) return this.#remainingMs(own, ADDRESS_DELAY_MAX_MS);
    const byAddress = this.#remainingMs(this.#addresses.get(networkOf(address)), ADDRESS_DELAY_MAX_MS);
    const byAccount = this.#remainingMs(this.#accounts.get(accountOf(name)), ACCOUNT_DELAY_MAX_MS);
    return Math.max(byAddress, byAccount);
  }

  /** Called before the password is looked at, so that a hundred attempts at once are a hundred. */
  failed(name: string, address: string): void {
    const pair = pairOf(name, address);
    if (this.#welcome.has(pair)) this.#count(this.#welcome, pair);
    this.#count(this.#addresses, networkOf(address));
    this.#count(this.#accounts, accountOf(name));
  }

  /** Takes the latest `failed` back: the attempt could not be looked at. */
  undo(name: string, address: string): void {
    const tables = [this.#addresses.get(networkOf(address)), this.#accounts.get(accountOf(name))];
    for (const failures of [...tables, this.#welcome.get(pairOf(name, address))]) {
      if (failures !== undefined) failures.count = Math.max(0, failures.count - 1);
    }
  }

  /** The account's failures are forgotten, and of the address this one: who has one account right may still guess at others. */
  succeeded(name: string, address: string): void {
    this.undo(name, address);
    this.#accounts.delete(accountOf(name));
    if (this.#welcome.size >= ENTRIES_MAX) this.#welcome.clear();
    this.#welcome.set(pairOf(name, address), { count: 0, lastAt: this.#now() });
  }

  #remainingMs(failures: Failures | undefined, delayMaxMs: number): number {
    if (failures === undefined || failures.count <= FREE_FAILURES) return 0;
    const delayMs = Math.min(
      delayMaxMs,
      FIRST_DELAY_MS * 2 ** Math.min(failures.count - FREE_FAILURES - 1, 30),
    );
    return Math.max(0, failures.lastAt + delayMs - this.#now());
  }

  #count(table: Map<string, Failures>, key: string): void {
    const now = this.#now();
    const before = table.get(key);
    const isForgotten = before === undefined || now - before.lastAt > FORGET_MS;
    table.delete(key);
    if (table.size >= ENTRIES_MAX) {
      const [oldest] = table.keys();
      if (oldest !== undefined) table.delete(oldest);
    }
    table.set(key, { count: isForgotten ? 1 : before.count + 1, lastAt: now });
  }
}

function accountOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().slice(0, 64);
}

/** The whole address: a neighbour in its network is a stranger. */
function pairOf(name: string, address: string): string {
  return `${address.toLowerCase()} ${accountOf(name)}`;
}

/** Of an IPv6 address the first 64 bits: the rest is chosen by who has the network. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail ?? '')];
  return all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
