import { useEffect, useRef } from 'preact/hooks';
import { onEvent } from '../../lib/live.ts';

/** Events come in crowds: what is shown is loaded anew once for all of them. */
const GATHER_MS = 1500;

/** Loads anew some time after an event of one of these kinds. */
export function useReloadOnEvents(kinds: readonly string[], reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = onEvent(({ kind }) => {
      if (timer !== undefined || !kinds.includes(kind)) return;
      timer = setTimeout(() => {
        timer = undefined;
        latest.current();
      }, GATHER_MS);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [kinds]);
}
