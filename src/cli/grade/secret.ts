import { MIN_SECRET_BYTES } from '../../harness/coursework/hiddenSeeds.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';

export const SECRET_VARIABLE = 'OOMPH_SECRET';
const MAX_SECRET_BYTES = 4096;

/** The secret that hidden seeds follow from; null where none was given. @throws BadInput */
export function readSecret(file: string | undefined, env: NodeJS.ProcessEnv): Uint8Array | null {
  const text = file === undefined ? env[SECRET_VARIABLE] : readTextFile(file, 'secret', MAX_SECRET_BYTES);
  if (text === undefined) return null;
  const bytes = new TextEncoder().encode(text.trim());
  if (bytes.length >= MIN_SECRET_BYTES) return bytes;
  throw new BadInput(
    `the secret has ${bytes.length} bytes: at least ${MIN_SECRET_BYTES}, such as \`openssl rand -hex 32\` prints`,
  );
}
