import './common.css';
import './studies.css';
import './study.css';
import { useEffect, useRef } from 'preact/hooks';
import type { Study } from '../../api/studies.ts';
import { api } from '../lib/api.ts';
import { t } from '../lib/i18n.ts';
import { useStatus } from '../lib/live.ts';
import { navigate, useRoute } from '../lib/router.ts';
import { Button, EmptyState, ErrorNotice, Loading, LoadMore, PageHeader } from '../ui/index.ts';
import { SearchBar } from './parts/search-bar.tsx';
import {
  addressOf,
  filterCount,
  isNewestFirst,
  queryOf,
  type StudySearch,
  searchOf,
} from './parts/study-search.ts';
import { StudyTable } from './parts/study-table.tsx';
import { type Page, type Pages, usePages } from './parts/use-pages.ts';
import { StudyDrawer } from './study.tsx';

/** The list is looked at again at most so often. */
const REFRESH_MS_MIN = 3000;

/** /studies, and /studies/<Study Instance UID> over it. */
export function StudiesPage() {
  const route = useRoute();
  const search = searchOf(route.query);
  const opened = route.segments[1];
  const pages = useStudies(search);

  return (
    <div class="studies">
      <PageHeader title={t('studies.title')} />
      <SearchBar search={search} onSearch={(next) => navigate(addressOf(next, opened), true)} />
      <p class="studies-count" role="status">
        {countWords(pages, search)}
      </p>
      {pages.error !== undefined && <ErrorNotice error={pages.error} onRetry={pages.reload} />}
      <Found pages={pages} search={search} opened={opened} />
      {opened !== undefined && (
        <StudyDrawer
          key={opened}
          studyInstanceUid={opened}
          onClose={() => navigateInPlace(addressOf(search))}
        />
      )}
    </div>
  );
}

interface FoundProps {
  pages: Pages<Study>;
  search: StudySearch;
  opened: string | undefined;
}

function Found({ pages, search, opened }: FoundProps) {
  if (pages.items === undefined) return pages.error === undefined ? <Loading /> : null;
  if (pages.items.length === 0) return <NothingFound search={search} />;
  return (
    <>
      <StudyTable
        studies={pages.items}
        search={search}
        opened={opened}
        onOpen={(study) => navigateInPlace(addressOf(search, study.studyInstanceUid))}
        onSort={(next) => navigate(addressOf(next, opened), true)}
      />
      <LoadMore hasMore={!pages.isComplete} isLoading={pages.isLoading} onMore={pages.loadMore} />
    </>
  );
}

function NothingFound({ search }: { search: StudySearch }) {
  if (search.text.trim() === '' && filterCount(search) === 0) {
    return (
      <EmptyState icon="studies" title={t('studies.empty.title')}>
        <p>{t('studies.empty.words')}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="search" title={t('studies.none.title')}>
      <p>{t('studies.none.words')}</p>
      <Button onClick={() => navigate('/studies', true)}>{t('studies.none.show-all')}</Button>
    </EmptyState>
  );
}

/** While nothing is typed and the newest are first, what arrives appears by itself. */
function useStudies(search: StudySearch): Pages<Study> {
  const query = queryOf(search);
  const pages = usePages<Study>(
    (cursor, signal) => api.get<Page<Study>>('/api/studies', { ...query, cursor }, signal),
    (study) => study.studyInstanceUid,
    [JSON.stringify(query)],
  );
  const status = useStatus();
  const arrived = status === undefined ? undefined : `${status.totals.instances} ${status.today.instances}`;
  const seen = useRef(arrived);
  const refreshedAt = useRef(0);
  const isLive = search.text.trim() === '' && isNewestFirst(search);

  // After every drawing: a status that came too early is looked at again with the next one.
  useEffect(() => {
    if (!isLive || arrived === seen.current || Date.now() - refreshedAt.current < REFRESH_MS_MIN) return;
    seen.current = arrived;
    refreshedAt.current = Date.now();
    pages.refresh();
  });
  return pages;
}

function countWords(pages: Pages<Study>, search: StudySearch): string {
  if (pages.items === undefined || pages.items.length === 0) return '';
  const count = pages.items.length;
  if (pages.isComplete) return t('studies.count', { count });
  return isNewestFirst(search) ? t('studies.count.newest', { count }) : t('studies.count.first', { count });
}

/** A study opens over the list, which stays where it is scrolled to. */
function navigateInPlace(path: string): void {
  const { scrollX, scrollY } = globalThis;
  navigate(path);
  scrollTo(scrollX, scrollY);
}
