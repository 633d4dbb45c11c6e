/** The file that keeps what one seed of a spec came to: YAML whose texts stand in blocks, so that a diff of it is one of them. */
import { Document, parseDocument, Scalar } from 'yaml';

/** Folder beside the specs; in it one for each spec, by its file's name. */
export const SNAPSHOT_FOLDER = '__snapshots__';

/** A spec that expects this much of one seed expects too much. */
export const MAX_SNAPSHOT_BYTES = 256 << 20;

const HEAD = ' Written by `oomph test`: read its changes, and let `oomph test --update` make them.';

export const snapshotName = (seed: number): string => `seed-${seed}.yaml`;

/** The seed that a file of that name is of; null: it is no snapshot. */
export function seedOfSnapshot(name: string): number | null {
  const match = /^seed-(0|[1-9]\d{0,15})\.yaml$/.exec(name);
  return match === null ? null : Number(match[1]);
}

/** @param texts  by key; their order is that of the file */
export function snapshotText(texts: Readonly<Record<string, string>>): string {
  const document = new Document({});
  document.commentBefore = HEAD;
  for (const [key, text] of Object.entries(texts)) {
    const block = new Scalar(text);
    block.type = Scalar.BLOCK_LITERAL;
    document.set(key, block);
  }
  return document.toString({ lineWidth: 0 });
}

/** The texts by key, or what is wrong with the file. */
export function parseSnapshot(text: string): { texts: Record<string, string> } | { fault: string } {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'failsafe',
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  if (error !== undefined) return { fault: error.message };
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: 'it holds no map of texts' };
  const texts: Record<string, string> = Object.create(null);
  for (const [key, kept] of Object.entries(value)) {
    if (typeof kept !== 'string') return { fault: `what is under ${JSON.stringify(key)} is no text` };
    texts[key] = kept;
  }
  return { texts };
}
