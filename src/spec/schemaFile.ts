import { readFileSync } from 'node:fs';

export type Schema = Readonly<Record<string, unknown>>;

/** The schema that editors read too; two folders up from src/spec and from whatever folder of dist this is bundled into. */
export function readSchema(): Schema {
  return JSON.parse(readFileSync(new URL('../../schemas/challenge.schema.json', import.meta.url), 'utf8'));
}
