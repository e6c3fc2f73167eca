import type { ComponentChildren } from 'preact';
import { t } from '../lib/locale.ts';
import { Icon, type IconName } from './icon.tsx';
import { Spinner } from './spinner.tsx';

/** The one `h1` of a page. */
export function PageHeader({
  title,
  actions,
  lead,
}: {
  title: ComponentChildren;
  actions?: ComponentChildren;
  lead?: ComponentChildren;
}) {
  return (
    <header class="page-header">
      <div>
        <h1>{title}</h1>
        {lead !== undefined && <p class="page-lead">{lead}</p>}
      </div>
      {actions !== undefined && <div class="page-actions">{actions}</div>}
    </header>
  );
}

interface CardProps {
  title?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  /** Its content goes to the edges: tables and lists. */
  isFlush?: boolean;
}

export function Card({ title, actions, children, isFlush = false, ...rest }: CardProps) {
  return (
    <section class={`card ${isFlush ? 'card-flush' : ''} ${rest.class ?? ''}`}>
      {title !== undefined && (
        <header class="card-header">
          <h2>{title}</h2>
          {actions !== undefined && <div class="card-actions">{actions}</div>}
        </header>
      )}
      <div class="card-body">{children}</div>
    </section>
  );
}

export interface KeyValueItem {
  label: ComponentChildren;
  value: ComponentChildren;
}

export function KeyValue({ items }: { items: readonly KeyValueItem[] }) {
  return (
    <dl class="key-value">
      {items.map(({ label, value }, index) => (
        // The list is drawn as a whole and keeps its order.
        <div key={index}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function EmptyState({
  title,
  children,
  icon,
}: {
  title: ComponentChildren;
  children?: ComponentChildren;
  icon?: IconName;
}) {
  return (
    <div class="empty-state">
      {icon !== undefined && <Icon name={icon} size={28} />}
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** In place of a page or card that is being loaded for the first time. */
export function Loading() {
  return (
    <div class="loading" role="status">
      <Spinner />
      <span>{t('shell.loading')}</span>
    </div>
  );
}
