import type { OpenAssociation } from '../../../api/status.ts';
import { formatBytes, formatDuration, formatNumber, t } from '../../lib/i18n.ts';
import { useNow } from '../../lib/use-now.ts';
import { Badge, type Column, Table } from '../../ui/index.ts';

/** Who is connected now; the counters move. */
export function AssociationTable({ associations }: { associations: readonly OpenAssociation[] }) {
  const now = useNow(1000);
  const columns: Column<OpenAssociation>[] = [
    {
      key: 'callingAeTitle',
      label: t('activity.open.caller'),
      isPrimary: true,
      render: (association) => <Caller association={association} />,
    },
    {
      key: 'calledAeTitle',
      label: t('activity.open.called'),
      render: ({ calledAeTitle }) => <span class="code nowrap">{calledAeTitle}</span>,
    },
    {
      key: 'openedAt',
      label: t('activity.open.since'),
      align: 'right',
      render: ({ openedAt }) => <span class="nowrap">{openFor(openedAt, now)}</span>,
    },
    {
      key: 'storedInstances',
      label: t('activity.open.received'),
      align: 'right',
      render: ({ storedInstances, storedBytes }) => (
        <span class="nowrap">
          {formatNumber(storedInstances)}
          {storedInstances > 0 && <span class="soft"> · {formatBytes(storedBytes)}</span>}
        </span>
      ),
    },
    {
      key: 'refusedInstances',
      label: t('activity.open.refused'),
      align: 'right',
      render: ({ refusedInstances }) => (
        <span class={refusedInstances > 0 ? 'bad' : ''}>{formatNumber(refusedInstances)}</span>
      ),
    },
    {
      key: 'sentInstances',
      label: t('activity.open.sent'),
      align: 'right',
      render: ({ sentInstances }) => formatNumber(sentInstances),
    },
  ];
  return (
    <Table label={t('activity.open')} columns={columns} rows={associations} rowKey={({ number }) => number} />
  );
}

function Caller({
  association: { callingAeTitle, address, isPeer, isTls },
}: {
  association: OpenAssociation;
}) {
  return (
    <span class="association-caller">
      <span class="code nowrap">{callingAeTitle}</span>
      <span class="soft">{address}</span>
      {isTls && <Badge tone="good">TLS</Badge>}
      {!isPeer && <Badge>{t('activity.open.unknown')}</Badge>}
    </span>
  );
}

/** Whole seconds: a tenth of one would flicker. */
function openFor(openedAt: number, now: number): string {
  return formatDuration(Math.max(1000, Math.floor((now - openedAt) / 1000) * 1000));
}
