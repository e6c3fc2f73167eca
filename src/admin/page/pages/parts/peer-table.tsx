import type { ComponentChildren } from 'preact';
import type { Peer } from '../../../api/peers.ts';
import { t } from '../../lib/i18n.ts';
import { Badge, Button, type Column, Icon, RelativeTime, Table } from '../../ui/index.ts';

export const PERMISSIONS = ['mayEcho', 'mayStore', 'mayFind', 'mayRetrieve'] as const;

interface PeerTableProps {
  peers: readonly Peer[];
  /** Undefined for whoever may not. */
  onEdit: ((peer: Peer) => void) | undefined;
  onTest: ((peer: Peer) => void) | undefined;
  empty: ComponentChildren;
}

export function PeerTable({ peers, onEdit, onTest, empty }: PeerTableProps) {
  return (
    <Table
      label={t('peers.title')}
      columns={columnsOf(onEdit, onTest)}
      rows={peers}
      rowKey={(peer) => peer.id}
      onRowClick={onEdit}
      empty={empty}
    />
  );
}

function columnsOf(onEdit: PeerTableProps['onEdit'], onTest: PeerTableProps['onTest']): Column<Peer>[] {
  const columns: Column<Peer>[] = [
    {
      key: 'aeTitle',
      label: t('peers.column.ae-title'),
      isPrimary: true,
      render: (peer) => <TitleCell peer={peer} onEdit={onEdit} />,
    },
    { key: 'host', label: t('peers.column.address'), render: (peer) => <AddressCell peer={peer} /> },
    {
      key: 'permissions',
      label: t('peers.column.permissions'),
      width: '8rem',
      render: (peer) => <Permissions peer={peer} />,
    },
    {
      key: 'lastSeenAt',
      label: t('peers.column.last-seen'),
      width: '7rem',
      render: ({ lastSeenAt }) => <Time at={lastSeenAt} />,
    },
    {
      key: 'lastStoredAt',
      label: t('peers.column.last-arrival'),
      width: '7rem',
      render: ({ lastStoredAt }) => <Time at={lastStoredAt} />,
    },
  ];
  if (onTest === undefined) return columns;
  const test: Column<Peer> = {
    key: 'test',
    label: t('peers.column.test'),
    align: 'right',
    render: (peer) => (
      <Button
        size="small"
        title={t('peers.test.hint', { aeTitle: peer.aeTitle })}
        onClick={() => onTest(peer)}
      >
        {t('peers.test')}
      </Button>
    ),
  };
  return [...columns, test];
}

function TitleCell({ peer, onEdit }: { peer: Peer; onEdit: PeerTableProps['onEdit'] }) {
  return (
    <>
      {onEdit === undefined ? (
        <span class="code">{peer.aeTitle}</span>
      ) : (
        <button type="button" class="link-button code" onClick={() => onEdit(peer)}>
          {peer.aeTitle}
        </button>
      )}
      {peer.note !== '' && <span class="second-line">{peer.note}</span>}
    </>
  );
}

function AddressCell({ peer }: { peer: Peer }) {
  return (
    <div class="peer-address">
      <span class="code">
        {peer.host}
        <wbr />
        <span class="nowrap">:{peer.port}</span>
      </span>
      {peer.useTls && (
        <span class="peer-tls" title={t('peers.tls.hint')}>
          <Icon name="lock" size={14} />
          TLS
        </span>
      )}
    </div>
  );
}

function Permissions({ peer }: { peer: Peer }) {
  const given = PERMISSIONS.filter((permission) => peer[permission]);
  if (given.length === 0) return <span class="soft">{t('peers.permission.none')}</span>;
  return (
    <span class="badges">
      {given.map((permission) => (
        <Badge key={permission} title={t(`peers.permission.${permission}.hint`)}>
          {t(`peers.permission.${permission}`)}
        </Badge>
      ))}
    </span>
  );
}

function Time({ at }: { at: number | null }) {
  return at === null ? <span class="soft">{t('peers.never')}</span> : <RelativeTime at={at} />;
}
