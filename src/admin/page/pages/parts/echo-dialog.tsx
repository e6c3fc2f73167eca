import { useEffect, useState } from 'preact/hooks';
import type { EchoResult, Peer } from '../../../api/peers.ts';
import { ApiError, api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Button, Dialog, ErrorNotice, Loading } from '../../ui/index.ts';
import { EchoOutcome } from './echo-outcome.tsx';

interface EchoDialogProps {
  peer: Peer;
  onClose(): void;
  /** The peer has been seen, perhaps. */
  onTested(): void;
}

/** Calls a peer at once, and again when asked. */
export function EchoDialog({ peer, onClose, onTested }: EchoDialogProps) {
  const { result, error, isBusy, run } = useEcho(
    () => api.post<EchoResult>(`/api/peers/${peer.id}/echo`),
    onTested,
  );
  // Once, as it opens.
  useEffect(() => {
    run();
  }, []);
  return (
    <Dialog
      title={t('peers.test.title', { aeTitle: peer.aeTitle })}
      onClose={onClose}
      footer={
        <>
          <Button icon="refresh" busy={isBusy} onClick={run}>
            {t('peers.test.again')}
          </Button>
          <Button variant="primary" onClick={onClose}>
            {t('shell.close')}
          </Button>
        </>
      }
    >
      {error !== undefined && <ErrorNotice error={error} />}
      {result === undefined && error === undefined && <Loading />}
      {result !== undefined && <EchoOutcome result={result} peer={peer} />}
    </Dialog>
  );
}

interface EchoRun {
  result: EchoResult | undefined;
  error: ApiError | undefined;
  isBusy: boolean;
  run(): void;
}

export function useEcho(call: () => Promise<EchoResult>, onTested: () => void = () => undefined): EchoRun {
  const [state, setState] = useState<Omit<EchoRun, 'run'>>({
    result: undefined,
    error: undefined,
    isBusy: false,
  });
  const run = () => {
    setState((before) => ({ ...before, isBusy: true }));
    call().then(
      (result) => {
        setState({ result, error: undefined, isBusy: false });
        onTested();
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        setState({ result: undefined, error, isBusy: false });
      },
    );
  };
  return { ...state, run };
}
