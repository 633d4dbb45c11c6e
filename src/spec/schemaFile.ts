import { readFileSync } from 'node:fs';

export type Schema = Readonly<Record<string, unknown>>;

/** Kinds of file that a schema describes; also the key that each begins with. */
export type FileKind = 'challenge' | 'chapter' | 'assignment';

/** The schema that editors read too; two folders up from src/spec and from whatever folder of dist this is bundled into. */
export function readSchema(kind: FileKind): Schema {
  return JSON.parse(readFileSync(new URL(`../../schemas/${kind}.schema.json`, import.meta.url), 'utf8'));
}
