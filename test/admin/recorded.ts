import type { AdminContext } from '../helpers/admin.ts';

export interface SeenEvent {
  kind: string;
  severity: string;
  words: string;
  fields: Readonly<Record<string, unknown>>;
}

/** Events of these kinds, when there is one of each: they come to the catalogue a moment later. */
export async function recorded({ parts }: AdminContext, kinds: readonly string[]): Promise<SeenEvent[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const events = await parts.catalog.events.list({ limit: 100 });
    const found = events.filter(({ kind }) => kinds.includes(kind));
    if (kinds.every((kind) => found.some((event) => event.kind === kind))) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no events ${kinds.join(', ')}`);
}
