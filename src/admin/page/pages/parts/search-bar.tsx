import { useState } from 'preact/hooks';
import { t } from '../../lib/i18n.ts';
import { Button, Field, Icon, IconButton, Input, Select } from '../../ui/index.ts';
import { filterCount, lastDays, MODALITIES, type StudySearch } from './study-search.ts';
import { useDebounced } from './use-debounced.ts';

const DEBOUNCE_MS = 200;

interface SearchBarProps {
  search: StudySearch;
  onSearch(search: StudySearch): void;
}

/** One box for whatever one knows of a study, and filters for those who want them. */
export function SearchBar({ search, onSearch }: SearchBarProps) {
  const filters = filterCount(search);
  const [isOpen, setOpen] = useState(filters > 0);
  return (
    <search class="search">
      <div class="search-main">
        <SearchBox search={search} onSearch={onSearch} />
        <DatePresets search={search} onSearch={onSearch} />
        <button
          type="button"
          class="button button-quiet"
          aria-expanded={isOpen}
          aria-controls="study-filters"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="filter" size={16} />
          <span>
            {filters === 0 ? t('studies.filter.show') : t('studies.filter.active', { count: filters })}
          </span>
        </button>
      </div>
      {isOpen && <Filters search={search} onSearch={onSearch} />}
    </search>
  );
}

function SearchBox({ search, onSearch }: SearchBarProps) {
  const [text, setText] = useDebounced(search.text, DEBOUNCE_MS, (next) =>
    onSearch({ ...search, text: next }),
  );
  return (
    <div class="search-box">
      <Icon name="search" size={18} />
      <Input
        type="search"
        value={text}
        aria-label={t('studies.search.label')}
        placeholder={t('studies.search.placeholder')}
        autoComplete="off"
        maxLength={200}
        onInput={setText}
      />
      {text !== '' && (
        <IconButton label={t('studies.search.clear')} icon="close" onClick={() => setText('')} />
      )}
    </div>
  );
}

/** Of the study's date: any, today, the last seven days. */
function DatePresets({ search, onSearch }: SearchBarProps) {
  const presets = [
    { label: t('studies.filter.date.any'), range: { from: '', to: '' } },
    { label: t('studies.filter.date.today'), range: lastDays(1) },
    { label: t('studies.filter.date.week'), range: lastDays(7) },
  ];
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{t('studies.filter.date')}</legend>
      {presets.map(({ label, range }) => (
        <button
          key={label}
          type="button"
          class="segment"
          aria-pressed={search.from === range.from && search.to === range.to}
          onClick={() => onSearch({ ...search, ...range })}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

function Filters({ search, onSearch }: SearchBarProps) {
  const [accession, setAccession] = useDebounced(search.accessionNumber, DEBOUNCE_MS, (next) =>
    onSearch({ ...search, accessionNumber: next }),
  );
  return (
    <div class="search-filters" id="study-filters">
      <Field label={t('studies.filter.from')}>
        <Input
          type="date"
          value={search.from}
          max={search.to === '' ? undefined : search.to}
          onInput={(from) => onSearch({ ...search, from })}
        />
      </Field>
      <Field label={t('studies.filter.to')}>
        <Input
          type="date"
          value={search.to}
          min={search.from === '' ? undefined : search.from}
          onInput={(to) => onSearch({ ...search, to })}
        />
      </Field>
      <Field label={t('studies.filter.modality')}>
        <Select
          value={search.modality}
          options={modalityOptions(search.modality)}
          onInput={(modality) => onSearch({ ...search, modality })}
        />
      </Field>
      <Field label={t('studies.filter.accession')}>
        <Input value={accession} maxLength={64} onInput={setAccession} />
      </Field>
      <Button
        disabled={filterCount(search) === 0}
        onClick={() => onSearch({ ...search, from: '', to: '', modality: '', accessionNumber: '' })}
      >
        {t('studies.filter.clear')}
      </Button>
    </div>
  );
}

/** A link may name a modality that is not among the frequent ones. */
function modalityOptions(selected: string): { value: string; label: string }[] {
  const modalities = new Set<string>([...MODALITIES, ...(selected === '' ? [] : [selected])]);
  return [
    { value: '', label: t('studies.filter.modality.any') },
    ...[...modalities].map((modality) => ({ value: modality, label: modality })),
  ];
}
