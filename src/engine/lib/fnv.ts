/** 32-bit FNV-1a over int32 values, each fed as 4 bytes, least significant first. Source: the trace format. */
export const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export function fnvInt(hash: number, value: number): number {
  let h = Math.imul(hash ^ (value & 0xff), FNV_PRIME);
  h = Math.imul(h ^ ((value >>> 8) & 0xff), FNV_PRIME);
  h = Math.imul(h ^ ((value >>> 16) & 0xff), FNV_PRIME);
  return Math.imul(h ^ (value >>> 24), FNV_PRIME);
}

/** 8 lower-case hex digits. */
export function fnvHex(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, '0');
}
