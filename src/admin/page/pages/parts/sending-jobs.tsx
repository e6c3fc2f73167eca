import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../api/jobs.ts';
import { api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { onJob } from '../../lib/live.ts';
import { problemText } from '../../lib/problem-text.ts';
import { useIsAdmin } from '../../lib/session.ts';
import { Badge, Button, type Tone, toast } from '../../ui/index.ts';

const STATE_TONES: Readonly<Record<Job['state'], Tone>> = {
  waiting: 'info',
  running: 'info',
  done: 'good',
  failed: 'danger',
  cancelled: 'neutral',
};

/** What is being sent of this study, and what has been sent since it was opened. */
export function SendingJobs({ studyInstanceUid }: { studyInstanceUid: string }) {
  const jobs = useSendingJobs(studyInstanceUid);
  if (jobs.length === 0) return null;
  return (
    <ul class="sending" aria-label={t('studies.jobs.title')}>
      {jobs.map((job) => (
        <SendingJob key={job.id} job={job} />
      ))}
    </ul>
  );
}

function SendingJob({ job }: { job: Job }) {
  const isAdmin = useIsAdmin();
  const [isCancelling, setCancelling] = useState(false);
  const { done, failed, total } = job.progress;
  const isOver = !isOpen(job);
  const cancel = () => {
    setCancelling(true);
    api.post<Job>(`/api/jobs/${job.id}/cancel`).catch((error: unknown) => {
      setCancelling(false);
      toast(problemText(error), 'danger');
    });
  };
  return (
    <li class="sending-job">
      <div class="sending-line">
        <span class="sending-words">{t('studies.jobs.to', { peer: job.subject['peer'] ?? '' })}</span>
        <span role="status">
          <Badge tone={STATE_TONES[job.state]}>{t(`studies.jobs.${job.state}`)}</Badge>
        </span>
        {!isOver && isAdmin && (
          <Button size="small" busy={isCancelling} onClick={cancel}>
            {t('studies.jobs.cancel')}
          </Button>
        )}
      </div>
      {!isOver && (
        <progress
          aria-label={t('studies.jobs.to', { peer: job.subject['peer'] ?? '' })}
          max={Math.max(total, 1)}
          {...(job.state === 'running' || done > 0 ? { value: done + failed } : {})}
        />
      )}
      <p class="second-line">
        {total > 0 && t('studies.jobs.progress', { done, total })}
        {failed > 0 && ` · ${t('studies.jobs.failed-count', { count: failed })}`}
        {job.words !== '' && ` · ${job.words}`}
      </p>
    </li>
  );
}

/** Newest first: those that are not over yet, and those that ended before our eyes. */
function useSendingJobs(studyInstanceUid: string): readonly Job[] {
  const [jobs, setJobs] = useState<ReadonlyMap<number, Job>>(new Map());
  useEffect(() => {
    const isOurs = (job: Job) => job.kind === 'send' && job.subject['studyInstanceUid'] === studyInstanceUid;
    const controller = new AbortController();
    const take = (job: Job) => {
      if (!isOurs(job)) return;
      // What the list says may be older than what the stream has said meanwhile.
      setJobs((before) =>
        (before.get(job.id)?.changedAt ?? 0) > job.changedAt ? before : new Map(before).set(job.id, job),
      );
    };
    const end = onJob(take);
    api.get<{ items: Job[] }>('/api/jobs', {}, controller.signal).then(
      ({ items }) => items.filter(isOpen).forEach(take),
      // The list of jobs is a convenience here: without it the stream still tells of every job that moves.
      () => undefined,
    );
    return () => {
      controller.abort();
      end();
    };
  }, [studyInstanceUid]);
  return [...jobs.values()].sort((one, other) => other.id - one.id);
}

function isOpen({ state }: Job): boolean {
  return state === 'waiting' || state === 'running';
}
