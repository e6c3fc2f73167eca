import type { Session } from '../../api/accounts.ts';
import { Store, useStore } from './store.ts';

/** Undefined while nobody has signed in. */
export const sessionStore = new Store<Session | undefined>(undefined);

export function useSession(): Session | undefined {
  return useStore(sessionStore);
}

export function useIsAdmin(): boolean {
  return useSession()?.role === 'admin';
}
