/**
 * Results as they come, each appended to a file with its length and its checksum: who is killed, at whatever moment, loses what
 * was not appended yet and nothing else. A record that a kill cut off at the end is dropped; one that was damaged is told.
 */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Of a journal of this kind. */
const HEAD = Buffer.from('oomph journal 1\n', 'latin1');
/** Where a record begins, so that the next one is found behind a damaged one. */
const MARK = Buffer.from([0xf1, 0x6f, 0x4a, 0xe2]);
const SUM_BYTES = 8;
/** Mark, length (least significant first), checksum of length and content. */
const HEADER_BYTES = MARK.length + 4 + SUM_BYTES;
/** Longer ones are nobody's. */
const MAX_RECORD_BYTES = 64 << 20;
const WINDOW_BYTES = 1 << 16;

/** Appended and not yet sent to the disk: a power failure may cost so many, or so much time. A kill costs none of them. */
const SYNC_RECORDS = 64;
const SYNC_MS = 1000;

function checksum(content: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return createHash('sha256').update(length).update(content).digest().subarray(0, SUM_BYTES);
}

export class Journal {
  private readonly fd: number;
  private unsynced = 0;
  private syncedAt = performance.now();

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** An empty one, in place of what may be there. @throws what the file system says */
  static create(path: string): Journal {
    const fd = openSync(path, 'w');
    writeWhole(fd, HEAD);
    return new Journal(fd);
  }

  /** It outlives this process when this comes back, and the machine within a second. @throws what the file system says */
  append(content: Uint8Array): void {
    const header = Buffer.alloc(HEADER_BYTES);
    MARK.copy(header);
    header.writeUInt32LE(content.length, MARK.length);
    checksum(content).copy(header, MARK.length + 4);
    writeWhole(this.fd, Buffer.concat([header, content]));
    this.unsynced++;
    if (this.unsynced >= SYNC_RECORDS || performance.now() - this.syncedAt > SYNC_MS) this.sync();
  }

  sync(): void {
    if (this.unsynced > 0) fdatasyncSync(this.fd);
    this.unsynced = 0;
    this.syncedAt = performance.now();
  }

  close(): void {
    this.sync();
    closeSync(this.fd);
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/**
 * Every record of a journal that is whole, one after the other: no more than one is in memory.
 *
 * @returns how many could not be read, other than one that the end of the file cuts off
 * @throws what the file system says
 */
export function readJournal(path: string, each: (content: Buffer) => void): number {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const head = piece(fd, 0, HEAD.length);
    // Killed while it was made.
    if (head.length < HEAD.length && head.equals(HEAD.subarray(0, head.length))) return 0;
    let damaged = head.equals(HEAD) ? 0 : 1;
    for (let at = damaged === 0 ? HEAD.length : nextWhole(fd, 0, size); at >= 0 && at < size; ) {
      const content = recordAt(fd, at, size);
      if (content !== null) {
        each(content);
        at += HEADER_BYTES + content.length;
        continue;
      }
      const next = nextWhole(fd, at + 1, size);
      if (next >= 0 || !isCutOff(fd, at, size)) damaged++;
      at = next;
    }
    return damaged;
  } finally {
    closeSync(fd);
  }
}

function piece(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const n = readSync(fd, bytes, got, length - got, at + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}

function recordAt(fd: number, at: number, size: number): Buffer | null {
  if (at + HEADER_BYTES > size) return null;
  const header = piece(fd, at, HEADER_BYTES);
  if (!header.subarray(0, MARK.length).equals(MARK)) return null;
  const length = header.readUInt32LE(MARK.length);
  if (length > MAX_RECORD_BYTES || at + HEADER_BYTES + length > size) return null;
  const content = piece(fd, at + HEADER_BYTES, length);
  return checksum(content).equals(header.subarray(MARK.length + 4)) ? content : null;
}

/** Whether the file ends within a record that begins here. */
function isCutOff(fd: number, at: number, size: number): boolean {
  const header = piece(fd, at, Math.min(HEADER_BYTES, size - at));
  const mark = header.subarray(0, MARK.length);
  if (!mark.equals(MARK.subarray(0, mark.length))) return false;
  if (header.length < HEADER_BYTES) return true;
  const length = header.readUInt32LE(MARK.length);
  return length <= MAX_RECORD_BYTES && at + HEADER_BYTES + length > size;
}

/** Where the next record that is whole begins, -1 for none. */
function nextWhole(fd: number, from: number, size: number): number {
  for (let at = from; at < size; at += WINDOW_BYTES - MARK.length + 1) {
    const window = piece(fd, at, Math.min(WINDOW_BYTES, size - at));
    for (let i = window.indexOf(MARK); i >= 0; i = window.indexOf(MARK, i + 1)) {
      if (recordAt(fd, at + i, size) !== null) return at + i;
    }
  }
  return -1;
}
