import type { Event as ArchiveEvent } from '../../../api/status.ts';
import { formatDate, t } from '../../lib/i18n.ts';
import { EventRow } from './event-row.tsx';

const DAY_MS = 86_400_000;

interface Day {
  title: string;
  events: ArchiveEvent[];
}

/** Newest first, under the days on which they happened. */
export function EventListView({ events }: { events: readonly ArchiveEvent[] }) {
  return (
    <>
      {byDay(events).map(({ title, events: ofDay }) => (
        <section key={title} class="event-day">
          <h3>{title}</h3>
          <ul>
            {ofDay.map((event) => (
              <EventRow key={event.id} event={event} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function byDay(events: readonly ArchiveEvent[]): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const title = dayTitle(event.at);
    const last = days.at(-1);
    if (last?.title === title) last.events.push(event);
    else days.push({ title, events: [event] });
  }
  return days;
}

function dayTitle(ms: number): string {
  const date = formatDate(ms);
  const now = Date.now();
  if (date === formatDate(now)) return t('activity.events.today');
  if (date === formatDate(now - DAY_MS)) return t('activity.events.yesterday');
  return date;
}
