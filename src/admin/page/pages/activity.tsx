import { addressOf, filterOf } from '../lib/event-filter.ts';
import { t } from '../lib/i18n.ts';
import { useOpenAssociations } from '../lib/live.ts';
import { navigate, useRoute } from '../lib/router.ts';
import { Card, EmptyState, ErrorNotice, Loading, LoadMore, PageHeader } from '../ui/index.ts';
import { AssociationTable } from './activity/association-table.tsx';
import { EventFilters } from './activity/event-filters.tsx';
import { EventListView } from './activity/event-list.tsx';
import { type EventList, useEvents } from './activity/use-events.ts';

/** Who is connected, and what has happened. */
export function ActivityPage() {
  const filter = filterOf(useRoute().query);
  const events = useEvents(filter, isAtTop);
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <div class="activity">
      <PageHeader title={t('shell.nav.activity')} />
      <OpenAssociations />
      <Card title={t('activity.events')} isFlush class="events">
        <EventFilters
          filter={filter}
          onFilter={(next) => navigate(addressOf(next), true)}
          onClear={() => navigate('/activity', true)}
        />
        <Events events={events} isFiltered={isFiltered} />
      </Card>
    </div>
  );
}

function OpenAssociations() {
  const associations = useOpenAssociations();
  return (
    <Card title={t('activity.open')} isFlush class="open-associations">
      {associations.length === 0 ? (
        <p class="soft quiet-line card-pad">{t('activity.open.none')}</p>
      ) : (
        <AssociationTable associations={associations} />
      )}
    </Card>
  );
}

function Events({ events, isFiltered }: { events: EventList; isFiltered: boolean }) {
  const { items, waiting, error, isLoading } = events;
  const showNew = () => {
    events.showWaiting();
    document.querySelector('.events')?.scrollIntoView();
  };
  return (
    <>
      {waiting.length > 0 && (
        <button type="button" class="new-events" onClick={showNew}>
          {t('activity.events.new', { count: waiting.length })}
        </button>
      )}
      {error !== undefined && <ErrorNotice error={error} onRetry={events.reload} />}
      {items === undefined && error === undefined && <Loading />}
      {items !== undefined && items.length > 0 && <EventListView events={items} />}
      {items?.length === 0 && !isLoading && error === undefined && (
        <EmptyState
          icon="activity"
          title={t(isFiltered ? 'activity.events.no-match' : 'activity.events.none')}
        />
      )}
      <LoadMore hasMore={events.hasMore} isLoading={isLoading} onMore={events.loadMore} />
    </>
  );
}

/** Whoever has scrolled down reads; what is new must not push that away. */
function isAtTop(): boolean {
  const list = document.querySelector('.event-day');
  return list === null || list.getBoundingClientRect().top > 0;
}
