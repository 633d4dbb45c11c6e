import type { PolicySource } from '../contract/policy.ts';

// Taken now: the sandboxed process has no globals of Node later.
const encoder = new TextEncoder();

/** FNV-1a 64 over paths and texts, files in the order of their paths; 16 hex digits. */
export function hashSource(source: PolicySource): string {
  const files = [...source.files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const hash = new Fnv64();
  for (const { path, text } of files) {
    hash.add(path);
    hash.add('\0');
    hash.add(text);
    hash.add('\0');
  }
  return hash.hex();
}

/** First state of a policy's own random numbers: not 0, and nothing of the workload's seed in it. */
export function randomState(challengeId: string, policyHash: string): number {
  const hash = new Fnv64();
  hash.add(`${challengeId}\0${policyHash}`);
  return Number.parseInt(hash.hex().slice(8), 16) | 0 || 1;
}

/** FNV-1a 64 in four 16-bit limbs; bytes of UTF-8. Prime 2^40 + 0x1b3. */
class Fnv64 {
  private limbs = [0x2325, 0x8422, 0x9ce4, 0xcbf2];

  add(text: string): void {
    for (const byte of encoder.encode(text)) this.byte(byte);
  }

  hex(): string {
    return [...this.limbs]
      .reverse()
      .map(limb => limb.toString(16).padStart(4, '0'))
      .join('');
  }

  private byte(byte: number): void {
    const [a, b, c, d] = this.limbs;
    const low = a ^ byte;
    const r0 = low * 0x1b3;
    const r1 = b * 0x1b3 + (r0 >>> 16);
    const r2 = c * 0x1b3 + (low << 8) + (r1 >>> 16);
    const r3 = d * 0x1b3 + (b << 8) + Math.floor(r2 / 0x10000);
    this.limbs = [r0 & 0xffff, r1 & 0xffff, r2 & 0xffff, r3 & 0xffff];
  }
}
