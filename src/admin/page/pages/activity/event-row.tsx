import { useId, useState } from 'preact/hooks';
import type { Event as ArchiveEvent } from '../../../api/status.ts';
import { detailsOf } from '../../lib/event-details.ts';
import { factsOf, reasonOf, sentenceOf } from '../../lib/event-words.ts';
import { formatDateTime, formatTime, t } from '../../lib/i18n.ts';
import { Link } from '../../lib/router.ts';
import { Icon, KeyValue } from '../../ui/index.ts';

const SEVERITIES = {
  info: { tone: 'neutral', icon: 'info' },
  warning: { tone: 'warning', icon: 'warning' },
  error: { tone: 'danger', icon: 'error' },
} as const;

export function EventRow({ event }: { event: ArchiveEvent }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const { tone, icon } = SEVERITIES[event.severity];
  const facts = factsOf(event);
  const reason = reasonOf(event);
  const study = event.fields['studyInstanceUid'];
  return (
    <li class={`event tone-${tone} ${isOpen ? 'is-open' : ''}`}>
      <div class="event-line">
        <time dateTime={new Date(event.at).toISOString()} title={formatDateTime(event.at)}>
          {formatTime(event.at)}
        </time>
        <span class="event-mark" title={t(`activity.severity.${event.severity}`)}>
          {event.severity === 'info' ? <span class="event-dot" /> : <Icon name={icon} size={18} />}
          <span class="visually-hidden">{t(`activity.severity.${event.severity}`)}</span>
        </span>
        <div class="event-text">
          <p>
            {sentenceOf(event)}
            {facts.length > 0 && <span class="event-facts"> {facts.join(' · ')}</span>}
          </p>
          {reason !== '' && <p class="event-reason">{reason}</p>}
        </div>
        {typeof study === 'string' && study !== '' && (
          <Link
            href={`/studies/${encodeURIComponent(study)}`}
            class="event-study"
            aria-label={`${t('activity.study')} ${study}`}
          >
            <Icon name="studies" size={16} />
            <span>{t('activity.study')}</span>
          </Link>
        )}
        <button
          type="button"
          class="icon-button event-toggle"
          aria-label={t('activity.details')}
          title={t('activity.details')}
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="chevron-down" size={16} />
        </button>
      </div>
      <div id={id} class="event-details" hidden={!isOpen}>
        {isOpen && <Details event={event} />}
      </div>
    </li>
  );
}

function Details({ event }: { event: ArchiveEvent }) {
  return (
    <KeyValue
      items={detailsOf(event).map(({ label, value, isCode, isEnglish }) => ({
        label,
        value: (
          <span class={isCode === true ? 'code' : ''} lang={isEnglish === true ? 'en' : undefined}>
            {value}
          </span>
        ),
      }))}
    />
  );
}
