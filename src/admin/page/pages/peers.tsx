import './common.css';
import './peers.css';
import { useState } from 'preact/hooks';
import type { Peer, UnknownCaller } from '../../api/peers.ts';
import { api } from '../lib/api.ts';
import { t } from '../lib/i18n.ts';
import { useIsAdmin } from '../lib/session.ts';
import { useLoad } from '../lib/use-load.ts';
import { Button, Card, EmptyState, ErrorNotice, Loading, PageHeader } from '../ui/index.ts';
import { EchoDialog } from './parts/echo-dialog.tsx';
import { ModalityCard } from './parts/modality-card.tsx';
import { type EditedPeer, PeerDrawer } from './parts/peer-drawer.tsx';
import { PeerTable } from './parts/peer-table.tsx';
import { UnknownCallers } from './parts/unknown-callers.tsx';
import { useReloadOnEvents } from './parts/use-reload-on-events.ts';

/** Events after which the tables may say something else. */
const KINDS = [
  'association-ended',
  'association-rejected',
  'instances-stored',
  'peer-added',
  'peer-changed',
  'peer-removed',
  'caller-dismissed',
];

/** /peers: who may talk to the archive, who has tried to, and what to type at the other end. */
export function PeersPage() {
  const isAdmin = useIsAdmin();
  const peers = useLoad((signal) => api.get<{ items: Peer[] }>('/api/peers', {}, signal), []);
  const callers = useLoad(
    (signal) => api.get<{ items: UnknownCaller[] }>('/api/unknown-callers', {}, signal),
    [],
  );
  const [edited, setEdited] = useState<EditedPeer | undefined>(undefined);
  const [tested, setTested] = useState<Peer | undefined>(undefined);
  const reload = () => {
    peers.reload();
    callers.reload();
  };
  useReloadOnEvents(KINDS, reload);
  const items = peers.data?.items;
  const unknown = callers.data?.items ?? [];
  const add = () => setEdited({ kind: 'new' });

  return (
    <div class="peers">
      <PageHeader
        title={t('peers.title')}
        lead={t('peers.lead')}
        actions={
          isAdmin && (
            <Button variant="primary" icon="plus" onClick={add}>
              {t('peers.add')}
            </Button>
          )
        }
      />
      <div class="peers-columns">
        <div class="peers-main">
          {(peers.error ?? callers.error) !== undefined && (
            <LoadError error={peers.error ?? callers.error} onRetry={reload} />
          )}
          {unknown.length > 0 && (
            <UnknownCallers
              callers={unknown}
              onAdd={isAdmin ? (caller) => setEdited({ kind: 'caller', caller }) : undefined}
              onChanged={reload}
            />
          )}
          <Card isFlush>
            {items === undefined && peers.error === undefined && <Loading />}
            {items !== undefined && (
              <PeerTable
                peers={items}
                onEdit={isAdmin ? (peer) => setEdited({ kind: 'peer', peer }) : undefined}
                onTest={isAdmin ? setTested : undefined}
                empty={<NoPeers onAdd={isAdmin ? add : undefined} />}
              />
            )}
          </Card>
        </div>
        <ModalityCard />
      </div>
      {edited !== undefined && (
        <PeerDrawer edited={edited} onClose={() => setEdited(undefined)} onChanged={reload} />
      )}
      {tested !== undefined && (
        <EchoDialog peer={tested} onClose={() => setTested(undefined)} onTested={peers.reload} />
      )}
    </div>
  );
}

function NoPeers({ onAdd }: { onAdd: (() => void) | undefined }) {
  return (
    <EmptyState icon="peers" title={t('peers.empty.title')}>
      <p>{t('peers.empty.words')}</p>
      {onAdd !== undefined && <Button onClick={onAdd}>{t('peers.add')}</Button>}
    </EmptyState>
  );
}

function LoadError({ error, onRetry }: { error: ReturnType<typeof useLoad>['error']; onRetry: () => void }) {
  return error === undefined ? null : <ErrorNotice error={error} onRetry={onRetry} />;
}
