import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Event as ArchiveEvent } from '../../../api/status.ts';
import { ApiError, api } from '../../lib/api.ts';
import { type EventFilter, fits, queryOf } from '../../lib/event-filter.ts';
import { onEvent } from '../../lib/live.ts';

interface EventPage {
  items: ArchiveEvent[];
  nextCursor: string | null;
}

export interface EventList {
  /** Newest first; undefined before the first page is there. */
  items: readonly ArchiveEvent[] | undefined;
  /** Happened since, and not shown, so that what is being read stays where it is. */
  waiting: readonly ArchiveEvent[];
  showWaiting(): void;
  hasMore: boolean;
  isLoading: boolean;
  error: ApiError | undefined;
  loadMore(): void;
  reload(): void;
}

interface State {
  items: readonly ArchiveEvent[] | undefined;
  waiting: readonly ArchiveEvent[];
  nextCursor: string | null;
  isLoading: boolean;
  error: ApiError | undefined;
}

const EMPTY: State = { items: undefined, waiting: [], nextCursor: null, isLoading: true, error: undefined };
/** What waits to be shown at most: of more one is told as much by the number. */
const WAITING_MAX = 500;

/** @param isAtTop whether what is new may be shown at once */
export function useEvents(filter: EventFilter, isAtTop: () => boolean): EventList {
  const [state, setState] = useState<State>(EMPTY);
  const [round, setRound] = useState(0);
  const request = useRef<AbortController | undefined>(undefined);
  const key = JSON.stringify(filter);

  const load = useCallback(
    (cursor: string | undefined) => {
      request.current?.abort();
      const controller = new AbortController();
      request.current = controller;
      setState((before) => ({ ...before, isLoading: true, error: undefined }));
      const asked = JSON.parse(key) as EventFilter;
      api.get<EventPage>('/api/events', { ...queryOf(asked), cursor }, controller.signal).then(
        (page) => setState((before) => withPage(before, page)),
        (error: unknown) => {
          if (controller.signal.aborted) return;
          if (!(error instanceof ApiError)) throw error;
          setState((before) => ({ ...before, isLoading: false, error }));
        },
      );
    },
    [key],
  );

  // `round` asks for it again.
  useEffect(() => {
    setState((before) => ({ ...EMPTY, items: before.items === undefined ? undefined : [] }));
    load(undefined);
    return () => request.current?.abort();
  }, [load, round]);

  useEffect(() => {
    const asked = JSON.parse(key) as EventFilter;
    return onEvent((event) => {
      if (fits(event, asked)) setState((before) => withEvent(before, event, isAtTop()));
    });
  }, [key, isAtTop]);

  return {
    ...state,
    hasMore: state.nextCursor !== null,
    showWaiting: () =>
      setState((before) => ({ ...before, items: [...before.waiting, ...(before.items ?? [])], waiting: [] })),
    loadMore: () => state.nextCursor !== null && load(state.nextCursor),
    reload: () => setRound((before) => before + 1),
  };
}

/** What came live meanwhile may be in the page as well. */
function withPage(before: State, { items, nextCursor }: EventPage): State {
  const known = new Set([...(before.items ?? []), ...before.waiting].map(({ id }) => id));
  const fresh = items.filter(({ id }) => !known.has(id));
  return { ...before, items: [...(before.items ?? []), ...fresh], nextCursor, isLoading: false };
}

function withEvent(before: State, event: ArchiveEvent, isShown: boolean): State {
  const { items, waiting } = before;
  if (items === undefined || [...waiting, ...items.slice(0, WAITING_MAX)].some(({ id }) => id === event.id))
    return before;
  if (isShown && waiting.length === 0) return { ...before, items: [event, ...items] };
  return { ...before, waiting: [event, ...waiting].slice(0, WAITING_MAX) };
}
