import type { ComponentChildren } from 'preact';
import { Icon } from '../../ui/index.ts';

interface DownloadLinkProps {
  href: string;
  children: ComponentChildren;
}

/** The browser takes it as a file, and shows how far it has come. */
export function DownloadLink({ href, children }: DownloadLinkProps) {
  return (
    <a class="button button-quiet" href={href} download>
      <Icon name="download" size={16} />
      <span>{children}</span>
    </a>
  );
}

/** Of a menu's item. A link that is clicked, since going there would end the live stream in some browsers. */
export function download(href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = '';
  link.click();
}
