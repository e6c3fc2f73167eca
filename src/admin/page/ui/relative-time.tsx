import { formatDateTime, formatRelative } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';

/** "3 minutes ago", which goes on; the time itself when pointed at. */
export function RelativeTime({ at }: { at: number }) {
  const isRecent = Date.now() - at < 120_000;
  const now = useNow(isRecent ? 1000 : 15_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatDateTime(at)}>
      {formatRelative(at, now)}
    </time>
  );
}
