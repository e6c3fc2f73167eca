import { useState } from 'preact/hooks';
import type { UnknownCaller } from '../../../api/peers.ts';
import { api } from '../../lib/api.ts';
import { formatDateTime, t } from '../../lib/i18n.ts';
import { problemText } from '../../lib/problem-text.ts';
import { Button, Card, RelativeTime, toast } from '../../ui/index.ts';

interface UnknownCallersProps {
  callers: readonly UnknownCaller[];
  /** Undefined for whoever may not. */
  onAdd: ((caller: UnknownCaller) => void) | undefined;
  onChanged(): void;
}

/** More than these would push the peers out of sight. */
const SHOWN_FIRST = 4;

/** The inbox: who has called and is no peer. */
export function UnknownCallers({ callers, onAdd, onChanged }: UnknownCallersProps) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? callers : callers.slice(0, SHOWN_FIRST);
  const hiddenCount = callers.length - shown.length;
  return (
    <Card title={t('peers.unknown.title', { count: callers.length })} isFlush class="callers">
      <p class="soft card-words">{t('peers.unknown.words')}</p>
      <ul>
        {shown.map((caller) => (
          <Caller key={caller.id} caller={caller} onAdd={onAdd} onChanged={onChanged} />
        ))}
      </ul>
      {hiddenCount > 0 && (
        <div class="callers-more">
          <Button size="small" icon="chevron-down" onClick={() => setWhole(true)}>
            {t('peers.unknown.more', { count: hiddenCount })}
          </Button>
        </div>
      )}
    </Card>
  );
}

interface CallerProps {
  caller: UnknownCaller;
  onAdd: UnknownCallersProps['onAdd'];
  onChanged(): void;
}

function Caller({ caller, onAdd, onChanged }: CallerProps) {
  const [isBusy, setBusy] = useState(false);
  const dismiss = () => {
    setBusy(true);
    api.del(`/api/unknown-callers/${caller.id}`).then(onChanged, (error: unknown) => {
      setBusy(false);
      toast(problemText(error), 'danger');
    });
  };
  const called = caller.calledAeTitle === '' ? '—' : caller.calledAeTitle;
  return (
    <li class="caller">
      <div class="caller-words">
        <h3>
          <span class="code">{caller.aeTitle === '' ? '—' : caller.aeTitle}</span>{' '}
          <span class="caller-address code">{caller.address}</span>
        </h3>
        <p class="caller-line">
          {t('peers.unknown.called', { aeTitle: called, count: caller.callCount })}
          {' · '}
          <span title={t('peers.unknown.since', { time: formatDateTime(caller.firstSeenAt) })}>
            <RelativeTime at={caller.lastSeenAt} />
          </span>
        </p>
        {caller.refused !== '' && <p class="caller-refused">{caller.refused}</p>}
        {caller.proposed.length > 0 && (
          <details>
            <summary>{t('peers.unknown.proposed', { count: caller.proposed.length })}</summary>
            <p class="soft">{caller.proposed.join(', ')}</p>
          </details>
        )}
      </div>
      {onAdd !== undefined && (
        <div class="caller-actions">
          <Button size="small" busy={isBusy} onClick={dismiss}>
            {t('peers.unknown.dismiss')}
          </Button>
          <Button size="small" variant="primary" onClick={() => onAdd(caller)}>
            {t('peers.unknown.add')}
          </Button>
        </div>
      )}
    </li>
  );
}
