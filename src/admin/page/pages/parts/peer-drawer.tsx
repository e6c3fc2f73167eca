import { useEffect, useRef, useState } from 'preact/hooks';
import type { EchoResult, Peer, UnknownCaller } from '../../../api/peers.ts';
import { ApiError, api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Button, Drawer, ErrorNotice, toast } from '../../ui/index.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useEcho } from './echo-dialog.tsx';
import { EchoOutcome } from './echo-outcome.tsx';
import { draftOfCaller, draftOfPeer, emptyDraft, fieldError, inputOf, type PeerDraft } from './peer-draft.ts';
import { PeerFields } from './peer-fields.tsx';

export type EditedPeer =
  | { kind: 'new' }
  | { kind: 'peer'; peer: Peer }
  | { kind: 'caller'; caller: UnknownCaller };

interface PeerDrawerProps {
  edited: EditedPeer;
  onClose(): void;
  onChanged(): void;
}

/** Adds a peer, changes one, or makes one of an unknown caller; it can be tested before it is saved. */
export function PeerDrawer({ edited, onClose, onChanged }: PeerDrawerProps) {
  const [draft, setDraft] = useState<PeerDraft>(() => draftOf(edited));
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const { aeTitle } = inputOf(draft);

  const save = () => {
    setBusy(true);
    saved(edited, draft).then(
      () => {
        toast(t('peers.saved', { aeTitle }));
        onChanged();
        onClose();
      },
      (thrown: unknown) => {
        setBusy(false);
        if (!(thrown instanceof ApiError)) throw thrown;
        setError(thrown);
      },
    );
  };

  return (
    <Drawer
      title={titleOf(edited)}
      onClose={onClose}
      onSubmit={save}
      footer={
        <>
          {edited.kind === 'peer' && (
            <span class="footer-start">
              <Button variant="danger" icon="trash" onClick={() => setRemoving(true)}>
                {t('peers.remove')}
              </Button>
            </span>
          )}
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button variant="primary" type="submit" busy={isBusy}>
            {edited.kind === 'peer' ? t('peers.save') : t('peers.add')}
          </Button>
        </>
      }
    >
      {error !== undefined && !isAtFields(error) && <ErrorNotice error={error} />}
      <PeerFields
        draft={draft}
        isAeTitleFixed={edited.kind === 'caller'}
        error={error}
        onDraft={(change) => setDraft((before) => ({ ...before, ...change }))}
      />
      <TestBeforeSaving draft={draft} />
      {isRemoving && edited.kind === 'peer' && (
        <RemoveDialog
          peer={edited.peer}
          onClose={() => setRemoving(false)}
          onRemoved={() => {
            onChanged();
            onClose();
          }}
        />
      )}
    </Drawer>
  );
}

function TestBeforeSaving({ draft }: { draft: PeerDraft }) {
  const { aeTitle, host, port, useTls } = inputOf(draft);
  const echo = useEcho(() => api.post<EchoResult>('/api/echo', { aeTitle, host, port, useTls }));
  const section = useRef<HTMLElement>(null);
  const told = echo.result ?? echo.error;
  // What came of it would stand below the edge.
  useEffect(() => {
    if (told !== undefined) section.current?.scrollIntoView({ block: 'end' });
  }, [told]);
  return (
    <section class="peer-test" ref={section}>
      <Button icon="activity" busy={echo.isBusy} onClick={echo.run}>
        {t('peers.test.before-saving')}
      </Button>
      {echo.error !== undefined && <ErrorNotice error={echo.error} />}
      {echo.result !== undefined && <EchoOutcome result={echo.result} peer={{ aeTitle, host, port }} />}
    </section>
  );
}

interface RemoveDialogProps {
  peer: Peer;
  onClose(): void;
  onRemoved(): void;
}

function RemoveDialog({ peer, onClose, onRemoved }: RemoveDialogProps) {
  const { aeTitle } = peer;
  const remove = async () => {
    await api.del(`/api/peers/${peer.id}`);
    toast(t('peers.removed', { aeTitle }));
    onRemoved();
  };
  return (
    <ConfirmDialog
      title={t('peers.remove.title', { aeTitle })}
      action={t('peers.remove')}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{t('peers.remove.words')}</p>
    </ConfirmDialog>
  );
}

function saved(edited: EditedPeer, draft: PeerDraft): Promise<Peer> {
  const input = inputOf(draft);
  if (edited.kind === 'new') return api.post<Peer>('/api/peers', input);
  if (edited.kind === 'peer') return api.put<Peer>(`/api/peers/${edited.peer.id}`, input);
  const { aeTitle: _aeTitle, ...rest } = input;
  return api.post<Peer>(`/api/unknown-callers/${edited.caller.id}/peer`, rest);
}

function draftOf(edited: EditedPeer): PeerDraft {
  if (edited.kind === 'new') return emptyDraft();
  return edited.kind === 'peer' ? draftOfPeer(edited.peer) : draftOfCaller(edited.caller);
}

function titleOf(edited: EditedPeer): string {
  if (edited.kind === 'peer') return t('peers.edit.title', { aeTitle: edited.peer.aeTitle });
  return edited.kind === 'new'
    ? t('peers.add')
    : t('peers.unknown.add-title', { aeTitle: edited.caller.aeTitle });
}

/** Whether all that is wrong is said at a field. */
function isAtFields(error: ApiError): boolean {
  if (error.problem.code === 'already-exists') return true;
  const { issues = [] } = error.problem;
  const fields = ['aeTitle', 'host', 'port', 'note'];
  return (
    issues.length > 0 &&
    issues.every(({ path }) =>
      fields.some((field) => fieldError(error, field) !== undefined && path.startsWith(field)),
    )
  );
}
