import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventFilter } from '../../lib/event-filter.ts';
import { EVENT_GROUPS } from '../../lib/event-words.ts';
import { t } from '../../lib/i18n.ts';
import { Button, Field, Icon, Input, Select } from '../../ui/index.ts';

interface EventFiltersProps {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  onClear: () => void;
}

export function EventFilters({ filter, onFilter, onClear }: EventFiltersProps) {
  const isFiltered = Object.values(filter).some((value) => value !== '');
  const set = (change: Partial<EventFilter>) => onFilter({ ...filter, ...change });
  return (
    <search class="event-filters">
      <div class="event-filter-text">
        <Field label={t('activity.filter.text')}>
          <TextFilter text={filter.text} onText={(text) => set({ text })} />
        </Field>
      </div>
      <Field label={t('activity.filter.group')}>
        <Select
          value={filter.group}
          onInput={(value) => set({ group: EVENT_GROUPS.find((group) => group === value) ?? '' })}
          options={[
            { value: '', label: t('activity.filter.group.all') },
            ...EVENT_GROUPS.map((group) => ({ value: group, label: t(`activity.group.${group}`) })),
          ]}
        />
      </Field>
      <Field label={t('activity.filter.severity')}>
        <Select
          value={filter.severity}
          onInput={(value) => set({ severity: value === 'warning' || value === 'error' ? value : '' })}
          options={[
            { value: '', label: t('activity.filter.severity.all') },
            { value: 'warning', label: t('activity.filter.severity.warning') },
            { value: 'error', label: t('activity.filter.severity.error') },
          ]}
        />
      </Field>
      <Field label={t('activity.filter.since')}>
        <Input type="date" value={filter.since} max={filter.until} onInput={(since) => set({ since })} />
      </Field>
      <Field label={t('activity.filter.until')}>
        <Input type="date" value={filter.until} min={filter.since} onInput={(until) => set({ until })} />
      </Field>
      {isFiltered && (
        <div class="event-filter-clear">
          {filter.studyInstanceUid !== '' && (
            <span class="event-filter-study">
              <Icon name="studies" size={16} />
              {t('activity.filter.study', { uid: filter.studyInstanceUid })}
            </span>
          )}
          <Button size="small" icon="close" onClick={onClear}>
            {t('activity.filter.clear')}
          </Button>
        </div>
      )}
    </search>
  );
}

const TYPING_MS = 250;

/** Asks when one has stopped typing. */
function TextFilter({ text, onText }: { text: string; onText: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const tell = useRef(onText);
  tell.current = onText;
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return undefined;
    const timer = setTimeout(() => tell.current(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, text]);
  return <Input type="search" value={typed} onInput={setTyped} maxLength={100} />;
}
