/**
 * Many snapshots of one run in little memory: columns are kept in chunks, and a chunk that is as it was in the snapshot
 * before is kept once. A run changes a small part of its machine between two snapshots, whatever the size of the machine.
 */

/** Bytes of a chunk; a column of fewer bytes is one chunk. */
const CHUNK_BYTES = 8192;

type Column =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

interface Chunk {
  readonly bytes: Uint8Array;
  /** Snapshots that have it. */
  users: number;
}

class PackedColumn {
  readonly make: new (
    buffer: ArrayBuffer,
  ) => Column;
  readonly byteLength: number;
  readonly chunks: Chunk[];

  constructor(make: new (buffer: ArrayBuffer) => Column, byteLength: number, chunks: Chunk[]) {
    this.make = make;
    this.byteLength = byteLength;
    this.chunks = chunks;
  }
}

/** A value in which every column has become a PackedColumn. */
export type Packed = unknown;

export class SnapshotStore {
  /** Of the chunks of all snapshots that are kept. */
  bytes = 0;

  /** @param before a snapshot of the same run, the more alike the better; null for none */
  pack(value: unknown, before: Packed | null): Packed {
    if (ArrayBuffer.isView(value)) return this.packColumn(value as Column, before);
    const parts = partsOf(value);
    if (parts === null) return value;
    const packed = emptyLike(parts);
    const earlier = (before ?? {}) as Record<string, Packed>;
    for (const [key, part] of Object.entries(parts)) packed[key] = this.pack(part, earlier[key] ?? null);
    return packed;
  }

  /** A snapshot that nobody needs any more. */
  drop(packed: Packed): void {
    if (packed instanceof PackedColumn) {
      for (const chunk of packed.chunks) if (--chunk.users === 0) this.bytes -= chunk.bytes.byteLength;
      return;
    }
    const parts = partsOf(packed);
    if (parts !== null) for (const part of Object.values(parts)) this.drop(part);
  }

  private packColumn(column: Column, before: Packed | null): PackedColumn {
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    const earlier = before instanceof PackedColumn ? before.chunks : [];
    const chunks: Chunk[] = [];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const part = bytes.subarray(at, at + CHUNK_BYTES);
      const same = earlier[chunks.length] as Chunk | undefined;
      if (same !== undefined && part.equals(same.bytes)) {
        same.users++;
        chunks.push(same);
      } else {
        this.bytes += part.length;
        chunks.push({ bytes: new Uint8Array(part), users: 1 });
      }
    }
    const make = column.constructor as new (buffer: ArrayBuffer) => Column;
    return new PackedColumn(make, bytes.length, chunks);
  }
}

/** The value as it was packed: columns are new, all else is shared. */
export function unpack<T>(packed: Packed): T {
  if (packed instanceof PackedColumn) {
    const { make, byteLength, chunks } = packed;
    const bytes = new Uint8Array(byteLength);
    chunks.forEach((chunk, i) => void bytes.set(chunk.bytes, i * CHUNK_BYTES));
    return new make(bytes.buffer) as T;
  }
  const parts = partsOf(packed);
  if (parts === null) return packed as T;
  const value = emptyLike(parts);
  for (const [key, part] of Object.entries(parts)) value[key] = unpack(part);
  return value as T;
}

/**
 * What is taken apart: arrays, plain objects, and objects of a class that have columns and nothing else. Others (what
 * closes over a machine, say) are kept as they are.
 */
function partsOf(value: unknown): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null || value instanceof PackedColumn) return null;
  const parts = value as Record<string, unknown>;
  if (Array.isArray(value)) return value.some(part => typeof part === 'object') ? parts : null;
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return Object.values(parts).every(part => ArrayBuffer.isView(part) || part instanceof PackedColumn)
      ? parts
      : null;
  }
  return Object.values(parts).some(part => typeof part === 'function') ? null : parts;
}

function emptyLike(value: object): Record<string, unknown> {
  if (Array.isArray(value)) return [] as unknown as Record<string, unknown>;
  return Object.create(Object.getPrototypeOf(value));
}
