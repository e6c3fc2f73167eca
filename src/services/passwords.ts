import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { Problem } from '../lib/problem.ts';

/** Cost of scrypt — RFC 7914 §2. */
interface Cost {
  N: number;
  r: number;
  p: number;
}

/** 32 MiB and some 0.1 s. May be raised: each hash carries the cost that it was made with. */
const COST: Cost = { N: 2 ** 15, r: 8, p: 1 };
/** What a hash of the catalogue may ask for, bytes. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** One at a time: scrypt works in the threads that also write and sync instances, and a storm of logins must leave those free. */
const AT_ONCE_MAX = 1;
const WAITING_MAX = 16;

/** `scrypt$N$r$p$salt$key`, the last two in base64url. */
const STORED = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,64})\$([\w-]{43,86})$/;

/** What nobody's password comes to: compared with where there is no such user, so that the answer takes as long. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** @throws Problem 'backlog-full' */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/**
 * @param stored undefined where there is no such user
 * @throws Problem 'backlog-full'; Error for a hash that is none
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const { cost, salt, key } = parseStored(stored ?? NOBODY);
  const derived = await derive(password, salt, key.length, cost);
  return timingSafeEqual(derived, key) && stored !== undefined;
}

/** A password for a person to type once: 99 bits in letters and digits that are not taken for one another. */
export function randomPassword(): string {
  const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = () => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

function parseStored(stored: string): { cost: Cost; salt: Buffer; key: Buffer } {
  const match = STORED.exec(stored);
  if (match === null) throw new Error('the password hash in the catalogue is none of ours');
  const [, N = '', r = '', p = '', salt = '', key = ''] = match;
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, keyBytes: number, cost: Cost): Promise<Buffer> {
  await turn();
  try {
    return await scryptAsync(password, salt, keyBytes, cost);
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** Resolves with a place among those that run; who ends hands it on. */
async function turn(): Promise<void> {
  if (running < AT_ONCE_MAX) {
    running++;
    return;
  }
  if (waiting.length >= WAITING_MAX) {
    throw new Problem('backlog-full', 'too many passwords are being checked: try again in some seconds');
  }
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function scryptAsync(password: string, salt: Buffer, keyBytes: number, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Composed and decomposed letters come from different keyboards and are one password.
    const options = { ...cost, maxmem: MEMORY_BYTES_MAX };
    scrypt(password.normalize('NFC'), salt, keyBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
