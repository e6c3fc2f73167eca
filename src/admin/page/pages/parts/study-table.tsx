import type { Study } from '../../../api/studies.ts';
import { formatDicomDate, formatNumber, formatPersonName, t } from '../../lib/i18n.ts';
import { useStatus } from '../../lib/live.ts';
import { Badge, type Column, RelativeTime, Table } from '../../ui/index.ts';
import { patientWords, timeOfDay } from './patient.ts';
import { addressOf, type StudySearch, type StudySort } from './study-search.ts';

/** A study of which something came within this time may not be complete. */
const ARRIVING_MS = 60_000;

interface StudyTableProps {
  studies: readonly Study[];
  search: StudySearch;
  opened: string | undefined;
  onOpen(study: Study): void;
  onSort(search: StudySearch): void;
}

export function StudyTable({ studies, search, opened, onOpen, onSort }: StudyTableProps) {
  // By the server's clock: that of the browser's machine may be wrong by more than a minute.
  const now = useStatus()?.now ?? Date.now();
  const sortBy = (key: string) => {
    const sort = key as StudySort;
    const isDescending = sort === search.sort ? !search.isDescending : !sort.startsWith('patient');
    onSort({ ...search, sort, isDescending });
  };
  return (
    <Table
      label={t('studies.title')}
      columns={columnsOf(search, now, onOpen)}
      rows={studies}
      rowKey={(study) => study.studyInstanceUid}
      rowClass={(study) => (study.studyInstanceUid === opened ? 'row-selected' : '')}
      sort={{ key: search.sort, order: search.isDescending ? 'descending' : 'ascending' }}
      onSort={sortBy}
      onRowClick={onOpen}
    />
  );
}

function columnsOf(search: StudySearch, now: number, onOpen: (study: Study) => void): Column<Study>[] {
  return [
    {
      key: 'patientName',
      label: t('studies.column.patient'),
      isPrimary: true,
      isSortable: true,
      width: '26%',
      render: (study) => (
        <PatientCell study={study} href={addressOf(search, study.studyInstanceUid)} onOpen={onOpen} />
      ),
    },
    {
      key: 'studyDate',
      label: t('studies.column.date'),
      isSortable: true,
      width: '13%',
      render: ({ studyDate, studyTime }) => (
        <div>
          <span class="nowrap">{formatDicomDate(studyDate)}</span>
          <span class="second-line">{timeOfDay(studyTime)}</span>
        </div>
      ),
    },
    {
      key: 'modalities',
      label: t('studies.column.modalities'),
      width: '9%',
      render: ({ modalities }) => <Modalities modalities={modalities} />,
    },
    {
      key: 'studyDescription',
      label: t('studies.column.description'),
      render: ({ studyDescription, accessionNumber }) => (
        <div>
          {studyDescription === '' ? <span class="soft">—</span> : studyDescription}
          {accessionNumber !== '' && <span class="second-line">{accessionNumber}</span>}
        </div>
      ),
    },
    {
      key: 'instanceCount',
      label: t('studies.column.instances'),
      align: 'right',
      width: '6.5rem',
      render: ({ seriesCount, instanceCount }) => (
        <div>
          <span class="wide-only">{formatNumber(instanceCount)}</span>
          <span class="narrow-only">{t('studies.detail.instance-count', { count: instanceCount })}</span>
          <span class="second-line">{t('studies.detail.series-count', { count: seriesCount })}</span>
        </div>
      ),
    },
    {
      key: 'lastArrivedAt',
      label: t('studies.column.last-arrival'),
      isSortable: true,
      width: '14%',
      render: ({ lastArrivedAt }) => <Arrival at={lastArrivedAt} now={now} />,
    },
  ];
}

interface PatientCellProps {
  study: Study;
  href: string;
  onOpen(study: Study): void;
}

/** The link is for the keyboard, and for opening the study in a tab of its own. */
function PatientCell({ study, href, onOpen }: PatientCellProps) {
  return (
    <>
      <a
        class="study-link"
        href={href}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
          event.preventDefault();
          onOpen(study);
        }}
      >
        {formatPersonName(study.patientName)}
      </a>
      <span class="second-line">{patientWords(study)}</span>
    </>
  );
}

export function Modalities({ modalities }: { modalities: readonly string[] }) {
  return (
    <span class="badges">
      {modalities.map((modality) => (
        <Badge key={modality}>{modality}</Badge>
      ))}
    </span>
  );
}

/** @param now by the server's clock, milliseconds since 1970 */
export function isArriving(lastArrivedAt: number, now: number): boolean {
  return now - lastArrivedAt < ARRIVING_MS;
}

export function Arrival({ at, now }: { at: number; now: number }) {
  if (!isArriving(at, now)) return <RelativeTime at={at} />;
  return (
    <span class="arriving" title={t('studies.arriving.hint')}>
      <span class="arriving-mark" aria-hidden="true" />
      {t('studies.arriving')}
    </span>
  );
}
