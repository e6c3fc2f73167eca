import { useEffect, useState } from 'preact/hooks';
import type { Study, StudyDetail } from '../../api/studies.ts';
import { api } from '../lib/api.ts';
import { formatDateTime, formatDicomDate, formatPersonName, t } from '../lib/i18n.ts';
import { useStatus } from '../lib/live.ts';
import { useIsAdmin } from '../lib/session.ts';
import { useLoad } from '../lib/use-load.ts';
import { Button, CopyText, Drawer, ErrorNotice, KeyValue, type KeyValueItem, Loading } from '../ui/index.ts';
import { Conflicts } from './parts/conflicts.tsx';
import { DownloadLink } from './parts/download-link.tsx';
import { otherNames, patientWords, timeOfDay } from './parts/patient.ts';
import { SendDialog, type SendSubject } from './parts/send-dialog.tsx';
import { SendingJobs } from './parts/sending-jobs.tsx';
import { SeriesList } from './parts/series-list.tsx';
import { Arrival, isArriving, Modalities } from './parts/study-table.tsx';

/** A study of which instances arrive is looked at again every so often. */
const ARRIVING_RELOAD_MS = 4000;

interface StudyDrawerProps {
  studyInstanceUid: string;
  onClose(): void;
}

/** One study: who, when, what it is made of, and what one may do with it. */
export function StudyDrawer({ studyInstanceUid, onClose }: StudyDrawerProps) {
  const path = `/api/studies/${encodeURIComponent(studyInstanceUid)}`;
  const { data, error, reload } = useLoad((signal) => api.get<StudyDetail>(path, {}, signal), [path]);
  const now = useStatus()?.now ?? Date.now();
  const isStillArriving = data !== undefined && isArriving(data.study.lastArrivedAt, now);
  useEffect(() => {
    if (!isStillArriving) return undefined;
    const timer = setInterval(reload, ARRIVING_RELOAD_MS);
    return () => clearInterval(timer);
  }, [isStillArriving, reload]);

  return (
    <Drawer
      title={data === undefined ? t('studies.detail.title') : formatPersonName(data.study.patientName)}
      onClose={onClose}
    >
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && <Detail detail={data} path={path} now={now} />}
    </Drawer>
  );
}

interface DetailProps {
  detail: StudyDetail;
  path: string;
  now: number;
}

function Detail({ detail, path, now }: DetailProps) {
  const { study, series, conflicts } = detail;
  const isAdmin = useIsAdmin();
  const [sending, setSending] = useState<SendSubject | undefined>(undefined);
  return (
    <div class="study">
      <p class="study-patient">{[...otherNames(study.patientName), patientWords(study)].join(' · ')}</p>
      <div class="actions">
        <DownloadLink href={`${path}/archive`}>{t('studies.download.study')}</DownloadLink>
        {isAdmin && (
          <Button icon="send" onClick={() => setSending({ path, label: t('studies.send.whole-study') })}>
            {t('studies.send')}
          </Button>
        )}
      </div>
      <SendingJobs studyInstanceUid={study.studyInstanceUid} />
      {conflicts.length > 0 && <Conflicts conflicts={conflicts} />}
      <KeyValue items={factsOf(study, now)} />
      <h3 class="study-heading">{t('studies.detail.series', { count: series.length })}</h3>
      <SeriesList path={path} series={series} onSend={isAdmin ? setSending : undefined} />
      {sending !== undefined && <SendDialog subject={sending} onClose={() => setSending(undefined)} />}
    </div>
  );
}

/** What the data set says of the study; what it does not say is left out. */
function factsOf(study: Study, now: number): KeyValueItem[] {
  const date = study.studyDate === '' ? '' : formatDicomDate(study.studyDate);
  const counts = [
    t('studies.detail.series-count', { count: study.seriesCount }),
    t('studies.detail.instance-count', { count: study.instanceCount }),
  ].join(' · ');
  const referring = study.referringPhysicianName;
  const isReferred = Object.values(referring).some((group) => group.replaceAll('^', '').trim() !== '');
  const facts: [label: string, value: string][] = [
    [t('studies.column.description'), study.studyDescription],
    [t('studies.column.date'), [date, timeOfDay(study.studyTime)].filter((part) => part !== '').join(' · ')],
    [t('studies.filter.accession'), study.accessionNumber],
    [t('studies.detail.referring'), isReferred ? formatPersonName(referring) : ''],
    [t('studies.detail.institution'), study.institutionName],
    [t('studies.detail.contents'), counts],
  ];
  return [
    ...facts.filter(([, value]) => value !== '').map(([label, value]) => ({ label, value })),
    { label: t('studies.column.modalities'), value: <Modalities modalities={study.modalities} /> },
    {
      label: t('studies.column.last-arrival'),
      value: (
        <>
          <Arrival at={study.lastArrivedAt} now={now} />{' '}
          <span class="soft">{formatDateTime(study.lastArrivedAt)}</span>
        </>
      ),
    },
    {
      label: t('studies.detail.uid'),
      value: <CopyText text={study.studyInstanceUid} label={t('studies.detail.uid')} />,
    },
  ];
}
