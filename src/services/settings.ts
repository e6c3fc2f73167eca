import { z } from 'zod';
import { type Settings, settingsSchema } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { readSecretFile, writeSecretFile } from '../storage/secret-files.ts';
import type { NewEvent } from './activity-kinds.ts';
import type { Clock } from './clock.ts';
import { changesOf, effectsOf, type SettingEffect } from './setting-effects.ts';
import { type SettingRows, SettingsRow } from './settings-row.ts';

export type { Settings } from '../config/settings.ts';

/** Listeners that are bound, and not used yet. */
export interface PreparedListeners {
  /** Serves the new ones, and closes those that are not wanted any more. */
  commit(): void;
  /** Closes the new ones. */
  abort(): void;
}

/** The ports on which associations are requested of us; `net` implements it. */
export interface RebindableListeners {
  /**
   * Binds what these settings want and is not bound yet; what is served now goes on.
   * @throws Problem 'unusable-setting' in words, and nothing has changed
   */
  prepare(settings: Settings): Promise<PreparedListeners>;
  /** Binds and serves what can be had of these settings. @returns why not all of it */
  open(settings: Settings): Promise<Problem[]>;
}

export interface SettingsCheck {
  effects: SettingEffect[];
  /** Why it cannot be; empty where it can. */
  problems: { path: string; message: string }[];
}

export interface SettingsServiceOptions {
  /** What the configuration says. */
  configured: Settings;
  settings: SettingRows;
  /** A copy, for a start while the catalogue is away. */
  file: string;
  listeners: RebindableListeners;
  /** Port of the admin page, which no other listener may have. */
  adminPort(): number;
  /** How many certificates are trusted. */
  trustedCertificates(): number;
  record(event: NewEvent): void;
  log: Log;
  clock?: Clock | undefined;
}

const FILE_BYTES_MAX = 100_000;

/** What the owner has set: the configuration, until something is changed on the page — docs/adr/0007. */
export class SettingsService {
  readonly #options: SettingsServiceOptions;
  readonly #row: SettingsRow;
  readonly #listeners = new Set<(now: Settings, before: Settings) => void>();
  #current: Settings;
  /** Changes go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SettingsServiceOptions) {
    this.#options = options;
    this.#current = options.configured;
    const { settings, configured, log, clock } = options;
    this.#row = new SettingsRow({
      settings,
      inForce: () => this.#current,
      isInForce: (value) => changesOf(settingsFrom(value, configured).settings, this.#current).length === 0,
      inTurn: (work) => this.#inTurn(work),
      log,
      clock,
    });
  }

  get current(): Settings {
    return this.#current;
  }

  /**
   * Takes up what was set on the page, from the catalogue; from the copy where the catalogue does not answer in time.
   * @returns whether the catalogue has told
   * @throws Problem 'unusable-setting' where a port cannot be bound
   */
  load(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { value, isCopy } = await this.#kept();
      if (value === undefined || value === null) return !isCopy;
      const next = this.#merged(value);
      if (changesOf(this.#current, next).length > 0) {
        this.#use(next, await this.#options.listeners.prepare(next));
        await this.#keepCopy();
      }
      return !isCopy;
    });
  }

  /** Opens the ports; to be called again where not all could be had. @returns why not */
  listen(): Promise<Problem[]> {
    return this.#inTurn(() => this.#options.listeners.open(this.#current));
  }

  /** What would happen if these were set; ports are tried for real. */
  check(next: Settings): Promise<SettingsCheck> {
    return this.#inTurn(async () => {
      const problems = this.#conflicts(next);
      if (problems.length === 0) {
        try {
          const prepared = await this.#options.listeners.prepare(next);
          prepared.abort();
        } catch (error) {
          problems.push({ path: pathOf(error), message: problemOf(error).message });
        }
      }
      return { effects: effectsOf(this.#current, next), problems };
    });
  }

  /**
   * All of it or nothing: checked, bound, kept, and then in force for whoever comes next.
   * @param actor who changes it, and from which address
   * @throws Problem 'unusable-setting' or 'catalog-unavailable', and everything stays as it was
   */
  change(next: Settings, actor: { name: string; address: string }): Promise<Settings> {
    return this.#inTurn(async () => {
      const before = this.#current;
      const [conflict] = this.#conflicts(next);
      if (conflict !== undefined) throw new Problem('unusable-setting', conflict.message);
      const prepared = await this.#options.listeners.prepare(next);
      try {
        await this.#row.keep(next);
      } catch (error) {
        prepared.abort();
        throw error;
      }
      this.#use(next, prepared);
      await this.#keepCopy();
      this.#tell(before, next, actor);
      return next;
    });
  }

  /** Called after every change. @returns ends that */
  onChange(listener: (now: Settings, before: Settings) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #kept(): Promise<{ value: unknown; isCopy: boolean }> {
    try {
      return { value: await this.#row.value(), isCopy: false };
    } catch (error) {
      this.#options.log.warn('settings are those of the copy', { reason: messageOf(error) });
      return { value: await this.#copy(), isCopy: true };
    }
  }

  async #copy(): Promise<unknown> {
    const { file, log } = this.#options;
    try {
      const text = await readSecretFile(file, FILE_BYTES_MAX);
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      log.error('settings', { path: file, reason: messageOf(error) });
      return undefined;
    }
  }

  #use(next: Settings, prepared: PreparedListeners): void {
    const before = this.#current;
    this.#current = next;
    prepared.commit();
    for (const listener of this.#listeners) listener(next, before);
  }

  #tell(before: Settings, after: Settings, actor: { name: string; address: string }): void {
    for (const change of changesOf(before, after)) {
      const words = `${actor.name} changed ${change.setting} from "${change.before}" to "${change.after}".`;
      const fields = { by: actor.name, address: actor.address, ...change };
      this.#options.record({ kind: 'setting-changed', severity: 'info', words, fields });
    }
  }

  /** The catalogue has it already: a copy that cannot be written is told, and is no reason to say that nothing was changed. */
  async #keepCopy(): Promise<void> {
    const { file, log } = this.#options;
    try {
      await writeSecretFile(file, `${JSON.stringify(this.#current, undefined, 2)}\n`);
    } catch (error) {
      log.error('settings not copied', { path: file, reason: messageOf(error) });
    }
  }

  #merged(value: unknown): Settings {
    const { settings, unusable } = settingsFrom(value, this.#options.configured);
    for (const setting of unusable) this.#options.log.warn('setting not usable, as configured', { setting });
    return settings;
  }

  #conflicts(settings: Settings): SettingsCheck['problems'] {
    return [...this.#portConflicts(settings), ...this.#missing(settings)];
  }

  /** What a setting needs and is not there: with it, nobody would get through. */
  #missing({ tls, audit }: Settings): SettingsCheck['problems'] {
    const problems: SettingsCheck['problems'] = [];
    const isNoneTrusted = this.#options.trustedCertificates() === 0;
    if (isNoneTrusted && tls.isEnabled && tls.clientCertificates === 'required') {
      const message =
        'no certificate is trusted: with client certificates required, nobody could call by TLS';
      problems.push({ path: 'tls.clientCertificates', message });
    }
    if (isNoneTrusted && tls.verifyPeers) {
      const message = 'no certificate is trusted: no peer could be called by TLS';
      problems.push({ path: 'tls.verifyPeers', message });
    }
    if (audit.isSyslogSent && audit.syslogHost === '') {
      const message = 'audit messages cannot be sent without the address of the audit repository';
      problems.push({ path: 'audit.syslogHost', message });
    }
    return problems;
  }

  #portConflicts({ dimsePort, tls }: Settings): SettingsCheck['problems'] {
    const adminPort = this.#options.adminPort();
    const problems: SettingsCheck['problems'] = [];
    if (dimsePort !== 0 && dimsePort === adminPort) {
      problems.push({ path: 'dimsePort', message: `port ${dimsePort} is that of the admin page` });
    }
    if (tls.isEnabled && tls.port !== 0 && tls.port === adminPort) {
      problems.push({ path: 'tls.port', message: `port ${tls.port} is that of the admin page` });
    }
    if (tls.isEnabled && tls.port !== 0 && tls.port === dimsePort) {
      problems.push({ path: 'tls.port', message: `port ${tls.port} is that of DICOM without TLS` });
    }
    return problems;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * Setting by setting, within sections too, since another version may have kept it: what is not there or not valid is as configured.
 * @returns with the paths of those that are not valid
 */
export function settingsFrom(
  value: unknown,
  configured: Settings,
): { settings: Settings; unusable: string[] } {
  const unusable: string[] = [];
  const merged = mergedSection(settingsSchema.shape, value, configured, (path) => unusable.push(path));
  return { settings: settingsSchema.parse(merged), unusable };
}

/** @param tellUnusable the path of a value that is not valid */
function mergedSection(
  shape: Readonly<Record<string, unknown>>,
  value: unknown,
  configured: Readonly<Record<string, unknown>>,
  tellUnusable: (path: string) => void,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...configured };
  const given = recordOf(value);
  for (const [name, schema] of Object.entries(shape)) {
    if (!Object.hasOwn(given, name)) continue;
    if (schema instanceof z.ZodObject) {
      const tell = (path: string) => tellUnusable(`${name}.${path}`);
      merged[name] = mergedSection(schema.shape, given[name], recordOf(configured[name]), tell);
    } else if (schema instanceof z.ZodType) {
      const result = schema.safeParse(given[name]);
      if (result.success) merged[name] = result.data;
      else tellUnusable(name);
    }
  }
  return merged;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem && error.code === 'unusable-setting') return error;
  throw error;
}

/** A listener that cannot be bound. */
export class PortProblem extends Problem {
  /** Path of the setting. */
  readonly path: 'dimsePort' | 'tls.port';

  constructor(path: 'dimsePort' | 'tls.port', words: string, options?: ErrorOptions) {
    super('unusable-setting', words, options);
    this.path = path;
  }
}

function pathOf(error: unknown): string {
  return error instanceof PortProblem ? error.path : '';
}
