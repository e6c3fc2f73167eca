import type { ComponentType } from 'preact';
import { ActivityPage } from './pages/activity.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { PeersPage } from './pages/peers.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { StudiesPage } from './pages/studies.tsx';
import type { IconName } from './ui/index.ts';

export interface PageEntry {
  /** First part of the path; '' for the page at `/`. */
  segment: string;
  /** Key of the message. */
  title: string;
  icon: IconName;
  Page: ComponentType;
}

/** In the order of the navigation. */
export const PAGES: readonly PageEntry[] = [
  { segment: '', title: 'shell.nav.overview', icon: 'overview', Page: OverviewPage },
  { segment: 'studies', title: 'shell.nav.studies', icon: 'studies', Page: StudiesPage },
  { segment: 'peers', title: 'shell.nav.peers', icon: 'peers', Page: PeersPage },
  { segment: 'activity', title: 'shell.nav.activity', icon: 'activity', Page: ActivityPage },
  { segment: 'settings', title: 'shell.nav.settings', icon: 'settings', Page: SettingsPage },
];
