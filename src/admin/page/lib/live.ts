import { useEffect } from 'preact/hooks';
import type { Job } from '../../api/jobs.ts';
import type { Event as ArchiveEvent, OpenAssociation, Status } from '../../api/status.ts';
import { api } from './api.ts';
import { sessionStore } from './session.ts';
import { Listeners, Store, useStore } from './store.ts';

const RETRY_MS = 5000;
/** The server ends each stream after some minutes, and the browser comes again at once: nobody need know of that. */
const LOST_MS = 10_000;

const statusStore = new Store<Status | undefined>(undefined);
const associationsStore = new Store<readonly OpenAssociation[]>([]);
/** False where nothing comes: what is shown is old. */
const connectedStore = new Store(true);
const events = new Listeners<ArchiveEvent>();
const jobs = new Listeners<Job>();

export function useStatus(): Status | undefined {
  return useStore(statusStore);
}

export function useOpenAssociations(): readonly OpenAssociation[] {
  return useStore(associationsStore);
}

export function useIsConnected(): boolean {
  return useStore(connectedStore);
}

/** @returns what ends it */
export function onEvent(listener: (event: ArchiveEvent) => void): () => void {
  return events.add(listener);
}

/** Told whenever a job moves. @returns what ends it */
export function onJob(listener: (job: Job) => void): () => void {
  return jobs.add(listener);
}

/** Keeps the stream open while somebody has signed in: for the shell. */
export function useLiveStream(): void {
  useEffect(() => openStream(), []);
}

/**
 * Not while the page is hidden: a browser has six connections to one server for all its tabs, and with a stream in each of six no request of
 * any of them would be answered.
 */
function openStream(): () => void {
  let source = document.hidden ? undefined : connect();
  let retry: ReturnType<typeof setTimeout> | undefined;
  refreshStatus();
  const watch = setInterval(() => {
    // The browser comes again by itself after a broken connection, but not after a refusal.
    if (source?.readyState !== EventSource.CLOSED || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      // Answers 401 where the session has ended, which brings the login.
      refreshStatus();
      if (sessionStore.value !== undefined && !document.hidden) source = connect();
    }, RETRY_MS);
  }, 1000);
  const follow = () => {
    source?.close();
    source = document.hidden ? undefined : connect();
    if (!document.hidden) refreshStatus();
  };
  document.addEventListener('visibilitychange', follow);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    clearInterval(watch);
    clearTimeout(retry);
    clearTimeout(lost);
    lost = undefined;
    source?.close();
  };
}

function connect(): EventSource {
  const source = new EventSource('/api/events/stream');
  source.addEventListener('open', () => setConnected(true));
  source.addEventListener('error', () => setConnected(false));
  listen<Status>(source, 'status', (status) => statusStore.set(status));
  listen<OpenAssociation[]>(source, 'associations', (associations) => associationsStore.set(associations));
  listen<ArchiveEvent>(source, 'event', (event) => events.tell(event));
  listen<Job>(source, 'jobs', (job) => jobs.tell(job));
  return source;
}

let lost: ReturnType<typeof setTimeout> | undefined;

function setConnected(isConnected: boolean): void {
  if (isConnected) {
    clearTimeout(lost);
    lost = undefined;
    connectedStore.set(true);
  } else lost ??= setTimeout(() => connectedStore.set(false), LOST_MS);
}

function listen<T>(source: EventSource, name: string, take: (value: T) => void): void {
  source.addEventListener(name, (message) => {
    setConnected(true);
    take(JSON.parse((message as MessageEvent<string>).data) as T);
  });
}

/** The first status comes sooner than the stream's; and after a change of settings the page need not wait. */
export function refreshStatus(): void {
  api.get<Status>('/api/status').then(
    (status) => {
      statusStore.set(status);
      associationsStore.set(status.associations);
    },
    () => setConnected(false),
  );
}
