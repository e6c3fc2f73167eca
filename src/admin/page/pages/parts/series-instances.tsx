import { useEffect, useState } from 'preact/hooks';
import type { Instance } from '../../../api/studies.ts';
import { api } from '../../lib/api.ts';
import { formatBytes, formatDateTime, t } from '../../lib/i18n.ts';
import { Button, CopyText, ErrorNotice, KeyValue, Loading } from '../../ui/index.ts';
import { AttributesDialog } from './attributes.tsx';
import { DownloadLink } from './download-link.tsx';
import { InstanceList } from './instance-list.tsx';
import { InstanceViewer } from './instance-viewer.tsx';
import { type Page, usePages } from './use-pages.ts';

/** What the server gives at once at most. */
const PAGE_INSTANCES = 200;

interface SeriesInstancesProps {
  /** API path of the series. */
  path: string;
  instanceCount: number;
}

/** The instances of an opened series: one of them as a picture, all of them as a list, and what is known of the one. */
export function SeriesInstances({ path, instanceCount }: SeriesInstancesProps) {
  // The one in the middle, as the series' small picture shows it.
  const [middle] = useState(Math.max(0, Math.floor((instanceCount - 1) / 2)));
  const [wanted, setWanted] = useState(middle);
  const pages = usePages<Instance>(
    (cursor, signal) => api.get<Page<Instance>>(path, { cursor, limit: PAGE_INSTANCES }, signal),
    ({ sopInstanceUid }) => sopInstanceUid,
    [path],
  );
  const items = pages.items ?? [];
  // The slider goes over all of them, also over those that have not come yet.
  useEffect(() => {
    if (wanted >= items.length) pages.loadMore();
  });

  if (pages.error !== undefined) return <ErrorNotice error={pages.error} onRetry={pages.reload} />;
  const at = Math.min(wanted, items.length - 1);
  const instance = items[at];
  const isOnItsWay = wanted === middle && items.length <= middle && !pages.isComplete;
  if (instance === undefined || isOnItsWay) return <Loading />;
  const count = pages.isComplete ? items.length : Math.max(instanceCount, items.length);
  return (
    <div class="instances">
      <div class={`instances-top ${count === 1 ? 'instances-one' : ''}`}>
        <InstanceViewer
          key={instance.sopInstanceUid}
          instance={instance}
          position={at + 1}
          count={count}
          onPosition={(position) => setWanted(position - 1)}
        />
        {count > 1 && (
          <InstanceList
            instances={items}
            selected={at}
            hasMore={!pages.isComplete}
            isLoading={pages.isLoading}
            onSelect={setWanted}
            onMore={pages.loadMore}
          />
        )}
      </div>
      <InstanceFacts instance={instance} />
    </div>
  );
}

function InstanceFacts({ instance }: { instance: Instance }) {
  const [isShowing, setShowing] = useState(false);
  const path = `/api/instances/${encodeURIComponent(instance.sopInstanceUid)}`;
  const arrived = t('studies.instance.arrived', {
    time: formatDateTime(instance.arrivedAt),
    aeTitle: instance.sourceAeTitle === '' ? '—' : instance.sourceAeTitle,
  });
  return (
    <div class="instance-facts">
      <div class="actions">
        <Button onClick={() => setShowing(true)}>{t('studies.attributes.show')}</Button>
        <DownloadLink href={`${path}/file`}>{t('studies.download.instance')}</DownloadLink>
      </div>
      <KeyValue
        items={[
          { label: t('studies.instance.class'), value: instance.sopClassName },
          { label: t('studies.instance.syntax'), value: instance.transferSyntaxName },
          { label: t('studies.instance.size'), value: formatBytes(instance.sizeBytes) },
          { label: t('studies.instance.arrival'), value: arrived },
          {
            label: t('studies.instance.uid'),
            value: <CopyText text={instance.sopInstanceUid} label={t('studies.instance.uid')} />,
          },
          { label: t('studies.instance.hash'), value: <span class="code">{instance.sha256}</span> },
        ]}
      />
      {isShowing && <AttributesDialog path={path} onClose={() => setShowing(false)} />}
    </div>
  );
}
