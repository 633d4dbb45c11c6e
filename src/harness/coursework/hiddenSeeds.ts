import { createHmac } from 'node:crypto';

/** What a secret must have at least, so that nobody tries them all. */
export const MIN_SECRET_BYTES = 16;

/**
 * Seeds that only the secret's owner can tell: HMAC-SHA256 of assignment, challenge and number, its first 32 bits. Those that
 * are public, or came already, are passed over.
 */
export function hiddenSeeds(
  secret: Uint8Array,
  assignment: string,
  challenge: string,
  count: number,
  open: readonly number[],
): number[] {
  const taken = new Set(open);
  const seeds: number[] = [];
  for (let i = 0; seeds.length < count; i++) {
    const seed = createHmac('sha256', secret)
      .update(`${assignment}\0${challenge}\0${i}`)
      .digest()
      .readUInt32BE(0);
    if (taken.has(seed)) continue;
    taken.add(seed);
    seeds.push(seed);
  }
  return seeds;
}
