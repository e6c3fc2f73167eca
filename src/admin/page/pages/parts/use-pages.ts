import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../lib/api.ts';

export interface Page<T> {
  items: readonly T[];
  nextCursor: string | null;
}

export interface Pages<T> {
  /** Undefined until the first page is there. */
  items: readonly T[] | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  isComplete: boolean;
  loadMore(): void;
  /** Begins anew. */
  reload(): void;
  /** Takes the first page again, and keeps below it what was there and is not in it. */
  refresh(): void;
}

interface State<T> {
  items: readonly T[] | undefined;
  nextCursor: string | null;
  error: ApiError | undefined;
  isLoading: boolean;
}

type Join<T> = (before: State<T>, page: Page<T>) => Page<T>;

/**
 * A list that comes page by page. Begun anew when one of `deps` has changed, and what was asked for before is aborted; what is shown stays
 * until the new first page is there.
 *
 * @param keyOf tells items apart: what comes again in a later page is shown once
 */
export function usePages<T>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  keyOf: (item: T) => string,
  deps: readonly unknown[],
): Pages<T> {
  const [state, setState] = useState<State<T>>({
    items: undefined,
    nextCursor: null,
    error: undefined,
    isLoading: true,
  });
  /** What is under way; the state says so only with the next drawing. */
  const asking = useRef<AbortController | undefined>(undefined);

  // The caller says on what its function depends.
  const ask = useCallback((cursor: string | undefined, join: Join<T>) => {
    asking.current?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    asking.current = controller;
    setState((before) => ({ ...before, isLoading: true }));
    load(cursor, signal).then(
      (page) => {
        if (signal.aborted) return;
        asking.current = undefined;
        setState((before) => ({ ...join(before, page), error: undefined, isLoading: false }));
      },
      (error: unknown) => {
        if (signal.aborted) return;
        asking.current = undefined;
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({ ...before, error, isLoading: false }));
      },
    );
  }, deps);

  const reload = () => ask(undefined, (_before, { items, nextCursor }) => ({ items, nextCursor }));
  // `ask` is another one when one of `deps` is.
  useEffect(() => {
    reload();
    return () => asking.current?.abort();
  }, [ask]);

  const loadMore = () => {
    if (state.nextCursor === null || asking.current !== undefined) return;
    ask(state.nextCursor, ({ items = [] }, page) => ({
      items: joined(items, page.items, keyOf),
      nextCursor: page.nextCursor,
    }));
  };
  const refresh = () => {
    if (asking.current === undefined) ask(undefined, (before, page) => refreshed(before, page, keyOf));
  };
  const { items, error, isLoading } = state;
  return { items, error, isLoading, isComplete: state.nextCursor === null, loadMore, reload, refresh };
}

function refreshed<T>(
  { items = [], nextCursor }: State<T>,
  page: Page<T>,
  keyOf: (item: T) => string,
): Page<T> {
  const known = new Set(items.map(keyOf));
  // Where nothing of it was there before, some may be missing between the two.
  if (!page.items.some((item) => known.has(keyOf(item))))
    return { items: page.items, nextCursor: page.nextCursor };
  return { items: joined(page.items, items, keyOf), nextCursor };
}

function joined<T>(first: readonly T[], then: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const known = new Set(first.map(keyOf));
  return [...first, ...then.filter((item) => !known.has(keyOf(item)))];
}
