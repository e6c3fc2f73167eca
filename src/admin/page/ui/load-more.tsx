import { useEffect, useRef } from 'preact/hooks';
import { t } from '../lib/locale.ts';
import { Button } from './button.tsx';

interface LoadMoreProps {
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

/** The end of a list that goes on: loads more as it comes into sight, and has a button for whoever does not scroll. */
export function LoadMore({ hasMore, isLoading, onMore }: LoadMoreProps) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    if (!hasMore || isLoading || end.current === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) latest.current();
      },
      { rootMargin: '400px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, isLoading]);
  if (!hasMore) return null;
  return (
    <div class="load-more" ref={end}>
      <Button busy={isLoading} onClick={onMore}>
        {t('shell.load-more')}
      </Button>
    </div>
  );
}
