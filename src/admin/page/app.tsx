import { useLanguage } from './lib/i18n.ts';
import { useSession } from './lib/session.ts';
import { LoginPage } from './pages/login.tsx';
import { Shell } from './shell.tsx';

/** Drawn anew with another language, for messages are read while drawing; and with another user. */
export function App() {
  const language = useLanguage();
  const session = useSession();
  if (session === undefined) return <LoginPage key={language} />;
  return <Shell key={`${language} ${session.name}`} />;
}
