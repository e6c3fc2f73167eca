import type { EchoResult } from '../../../api/peers.ts';
import { formatDuration, t } from '../../lib/i18n.ts';
import { useStatus } from '../../lib/live.ts';
import { Icon, Notice } from '../../ui/index.ts';

interface EchoOutcomeProps {
  result: EchoResult;
  /** Who was called. */
  peer: { aeTitle: string; host: string; port: number };
}

/** What came of an echo: in words, what to do about it, and how far it came. */
export function EchoOutcome({ result, peer }: EchoOutcomeProps) {
  const ownAeTitle = useStatus()?.aeTitles[0] ?? '';
  const values = { aeTitle: peer.aeTitle, host: peer.host, port: String(peer.port), ownAeTitle };
  const steps = [
    { label: t('peers.echo.step.connect'), tookMs: result.connectMs },
    { label: t('peers.echo.step.associate'), tookMs: result.associateMs },
    { label: t('peers.echo.step.echo'), tookMs: result.echoMs },
  ];
  return (
    <div class="echo" role="status">
      <Notice tone={result.isOk ? 'good' : 'danger'} title={t(`peers.echo.${result.outcome}`, values)}>
        <p>{t(`peers.echo.${result.outcome}.advice`, values)}</p>
        {!result.isOk && <p class="notice-detail code">{result.words}</p>}
      </Notice>
      <ol class="echo-steps">
        {steps.map(({ label, tookMs }) => (
          <li key={label} class={tookMs === null ? 'echo-step echo-step-missed' : 'echo-step'}>
            <Icon name={tookMs === null ? 'close' : 'check'} size={16} />
            <span>{label}</span>
            <span class="soft">{tookMs === null ? t('peers.echo.step.missed') : formatDuration(tookMs)}</span>
          </li>
        ))}
      </ol>
      {result.resolvedAddress !== null && result.resolvedAddress !== peer.host && (
        <p class="soft">{t('peers.echo.resolved', { host: peer.host, address: result.resolvedAddress })}</p>
      )}
    </div>
  );
}
