import type { UserRepository } from '../catalog/user-repository.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { serviceLimits } from './limits.ts';
import { hashPassword, randomPassword } from './passwords.ts';

export interface FirstAccountOptions {
  users: Pick<UserRepository, 'count' | 'add'>;
  /** The password that the installer left in a file; undefined where there is no such file configured. Rejects where it cannot be read. */
  readPassword(): Promise<string | undefined>;
  log: { warn(message: string, fields?: Record<string, string>): void };
  now(): number;
}

const FIRST_USER_NAME = 'admin';

/**
 * Makes the user `admin` where there is no user at all.
 *
 * @returns the password to tell the owner; undefined where there are users, or the password is the installer's
 * @throws Problem 'catalog-unavailable'
 */
export async function makeFirstAccount(options: FirstAccountOptions): Promise<string | undefined> {
  if ((await options.users.count()) > 0) return undefined;
  const installed = await installedPassword(options);
  const password = installed ?? randomPassword();
  try {
    await options.users.add({
      name: FIRST_USER_NAME,
      role: 'admin',
      passwordHash: await hashPassword(password),
      createdAt: options.now(),
      lastLoginAt: null,
      // The installer's was chosen by the owner.
      mustChangePassword: installed === undefined,
      sessionEpoch: 0,
    });
  } catch (error) {
    // Another server on the same catalogue was first.
    if (error instanceof Problem && error.code === 'already-exists') return undefined;
    throw error;
  }
  return installed === undefined ? password : undefined;
}

/** Undefined where the file has no password of use, which the log says. */
async function installedPassword({ readPassword, log }: FirstAccountOptions): Promise<string | undefined> {
  const { passwordCharsMin, passwordCharsMax } = serviceLimits;
  const unusable = (reason: string) => {
    log.warn('the password file of the first admin is not used: a password is made up', { reason });
    return undefined;
  };
  try {
    const text = await readPassword();
    if (text === undefined) return undefined;
    const [password = ''] = text.split(/\r?\n/, 1);
    if (password.length < passwordCharsMin) return unusable(`shorter than ${passwordCharsMin} characters`);
    if (password.length > passwordCharsMax) return unusable(`longer than ${passwordCharsMax} characters`);
    return password;
  } catch (error) {
    return unusable(messageOf(error));
  }
}
