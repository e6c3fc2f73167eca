import { useState } from 'preact/hooks';
import type { SettingsAnswer, SettingsCheck } from '../../../api/settings.ts';
import { ApiError, api } from '../../lib/api.ts';
import { hasMessage, t } from '../../lib/i18n.ts';
import { refreshStatus } from '../../lib/live.ts';
import { useLoad } from '../../lib/use-load.ts';
import { draftOf, fieldOfPath, isSame, type SettingsDraft, settingsOf } from './settings-draft.ts';

export interface SettingsEditor {
  fixed: SettingsAnswer['fixed'] | undefined;
  draft: SettingsDraft | undefined;
  isChanged: boolean;
  loadError: ApiError | undefined;
  /** What is wrong as a whole; what is wrong at a field is told by `errorAt`. */
  error: ApiError | undefined;
  /** Undefined where the field is as it should be. */
  errorAt(field: string): string | undefined;
  problemCount: number;
  change(part: Partial<SettingsDraft>): void;
  discard(): void;
  reload(): void;
  /** What would happen; undefined where it cannot be, which is then told at the fields. */
  check(): Promise<SettingsCheck['effects'] | undefined>;
  /** @returns whether it was done; `error` says why not */
  save(): Promise<boolean>;
}

interface Wrong {
  error: ApiError | undefined;
  problems: SettingsCheck['problems'];
}

const NOTHING_WRONG: Wrong = { error: undefined, problems: [] };

/** The settings in work: as they are, as they are typed, and what the server says to that. */
export function useSettingsEditor(): SettingsEditor {
  const loaded = useLoad((signal) => api.get<SettingsAnswer>('/api/settings', {}, signal), []);
  const settings = loaded.data?.settings;
  const [typed, setTyped] = useState<SettingsDraft | undefined>(undefined);
  const [wrong, setWrong] = useState<Wrong>(NOTHING_WRONG);
  const draft = typed ?? (settings === undefined ? undefined : draftOf(settings));
  const sent = draft === undefined || settings === undefined ? undefined : settingsOf(draft, settings);

  const change = (part: Partial<SettingsDraft>) => {
    if (draft !== undefined) setTyped({ ...draft, ...part });
    // What was wrong with a value is not said of the next one.
    const fields = Object.keys(part).map((name) => (name === 'reserveGigabytes' ? 'reserveBytes' : name));
    setWrong(({ problems }) => ({
      error: undefined,
      problems: problems.filter(({ path }) => !fields.some((field) => path.startsWith(field))),
    }));
  };
  const discard = () => {
    setTyped(undefined);
    setWrong(NOTHING_WRONG);
  };
  const check = async () => {
    try {
      const { effects, problems } = await api.post<SettingsCheck>('/api/settings/check', sent);
      setWrong({ error: undefined, problems });
      return problems.length === 0 ? effects : undefined;
    } catch (error) {
      setWrong(wrongOf(error));
      return undefined;
    }
  };
  const save = async () => {
    try {
      await api.put<SettingsAnswer>('/api/settings', sent);
      discard();
      loaded.reload();
      refreshStatus();
      return true;
    } catch (error) {
      setWrong(wrongOf(error));
      return false;
    }
  };

  return {
    fixed: loaded.data?.fixed,
    draft,
    isChanged: draft !== undefined && settings !== undefined && !isSame(draft, settings),
    loadError: loaded.error,
    error: wrong.error,
    errorAt: (field) => words(wrong.problems.find(({ path }) => fieldOfPath(path) === field)),
    problemCount: wrong.problems.length,
    change,
    discard,
    reload: loaded.reload,
    check,
    save,
  };
}

/** Issues of a 400 stand at the fields; anything else stands above them. */
function wrongOf(error: unknown): Wrong {
  if (!(error instanceof ApiError)) throw error;
  const { issues = [] } = error.problem;
  return issues.length > 0 ? { error: undefined, problems: issues } : { error, problems: [] };
}

function words(problem: SettingsCheck['problems'][number] | undefined): string | undefined {
  if (problem === undefined) return undefined;
  const key = `settings.invalid.${fieldOfPath(problem.path)}`;
  return hasMessage(key) ? t(key, { words: problem.message }) : problem.message;
}
