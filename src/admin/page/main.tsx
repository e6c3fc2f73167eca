import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/surfaces.css';
import './styles/table.css';
import './styles/overlays.css';
import './styles/shell.css';
import './styles/overview.css';
import './styles/activity.css';
import type { Session } from '../api/accounts.ts';
import { App } from './app.tsx';
import { api } from './lib/api.ts';
import { chosenLanguage, isLanguage, showLanguage } from './lib/i18n.ts';
import { sessionStore } from './lib/session.ts';
import { startTheme } from './lib/theme.ts';

startTheme();
await Promise.all([startLanguage(), startSession()]);
const root = document.getElementById('page');
if (root !== null) render(<App />, root);

/** The reader's own choice, else what the owner has set for all. */
async function startLanguage(): Promise<void> {
  const chosen = chosenLanguage();
  if (chosen !== undefined) return showLanguage(chosen);
  const given = await api.get<{ language: string }>('/api/login-page').catch(() => undefined);
  await showLanguage(isLanguage(given?.language) ? given.language : 'en');
}

/** Whoever has signed in before need not do so again. */
async function startSession(): Promise<void> {
  sessionStore.set(await api.get<Session>('/api/session').catch(() => undefined));
}
