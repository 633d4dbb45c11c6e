/** How much of a submission is looked at. */
import { MAX_POLICY_BYTES } from '../policyFiles.ts';

export const MAX_ENTRIES = 10_000;
export const MAX_FILE_BYTES = MAX_POLICY_BYTES;
export const MAX_TOTAL_BYTES = 16 << 20;
/** Compressed, before anything is read. */
export const MAX_ZIP_BYTES = 64 << 20;
export const MAX_DEPTH = 16;

/** The submission as a whole cannot be marked; the message says why. */
export class Unreadable extends Error {
  override name = 'Unreadable';
}

/** Files that can be a policy, or part of one; and nothing that a system or a tool left. */
export function wanted(path: string): boolean {
  const parts = path.split('/');
  if (parts.some(part => part === 'node_modules' || part === '__MACOSX' || part.startsWith('.')))
    return false;
  return /\.(ts|js|ya?ml)$/i.test(path) && !path.endsWith('.d.ts');
}
