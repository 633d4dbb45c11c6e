/**
 * What a process asked of malloc(): traces of the CS:APP malloc lab, mtrace(3), and lines as ltrace writes them.
 *
 * An operation is TICK_US behind the one before it: none of these logs has a clock that says more.
 */
import { GFP_KERNEL } from '../../engine/index.ts';
import type { BrokenLines } from './lines.ts';
import { Recording } from './recording.ts';

const TICK_US = 100;
/** kmalloc() gives no more; from there on the kernel takes vmalloc(). */
const MOST_KMALLOC = 131_072;
const MOST_BYTES = 512 * 2 ** 20;

const REP = /^\s*([arf])\s+(\d{1,9})(?:\s+(\d{1,15}))?\s*$/;
const NUMBER = /^\s*(\d{1,15})\s*$/;
/** `@ ./a.out:(main+0x1d)[0x400561] + 0x1d5e2a0 0x18`; glibc before 2.0 had no place. */
const MTRACE = /^(?:@\s+(.*?)\s+)?([-+<>!])\s+(?:0x)?([0-9a-f]+)(?:\s+(0x[0-9a-f]+|\d+))?\s*$/i;
const CALL =
  /\b(malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|valloc)\(([^()]*)\)\s*(?:=\s*(\S+))?/;

/** Which of the three a line is in, or null. */
export function mallocForm(line: string): 'rep' | 'malloc' | null {
  if (REP.test(line)) return 'rep';
  if (/^= (?:Start|End)\b/.test(line) || (/^@ /.test(line) && MTRACE.test(line))) return 'malloc';
  return CALL.test(line) ? 'malloc' : null;
}

export class MallocReader {
  readonly recording = new Recording();
  /** Of the header of a trace of the lab, where it has one. */
  readonly header: number[] = [];
  nrOps = 0;
  private readonly broken: BrokenLines;
  /** Bytes of each id, or address, that is held. */
  private readonly held = new Map<number, number>();
  private us = 0;
  /** The old block of a realloc that mtrace writes in two lines. */
  private pendingOld = Number.NaN;

  constructor(broken: BrokenLines) {
    this.broken = broken;
  }

  rep(line: string, number: number, file: string): boolean {
    if (this.nrOps === 0 && NUMBER.test(line)) {
      if (this.header.length < 4) this.header.push(Number(line));
      else this.broken.add(file, number, 'a fifth number before the first operation');
      return true;
    }
    const found = REP.exec(line);
    if (found === null) {
      if (line.trim() === '' || line.startsWith('#')) return false;
      return this.fault(file, number, 'neither a (allocate), r (reallocate) nor f (free)');
    }
    const [, op, idText, sizeText] = found;
    // Ids begin at 0, and 0 means a failure to a recording.
    const id = Number(idText) + 1;
    if (op === 'f') return this.give(id, `id ${idText}`, file, number);
    if (sizeText === undefined) return this.fault(file, number, `${op} needs a size`);
    if (op === 'a' && this.held.has(id)) return this.fault(file, number, `id ${idText} is held already`);
    if (op === 'r' && !this.held.has(id)) return this.fault(file, number, `id ${idText} is not held`);
    const old = this.held.get(id);
    if (old === undefined) return this.take(id, Number(sizeText), 'malloc', file, number);
    return this.again(id, id, Number(sizeText), 'malloc', file, number);
  }

  call(line: string, number: number, file: string): boolean {
    if (/^= (?:Start|End)\b/.test(line)) return true;
    const mtrace = MTRACE.exec(line);
    if (mtrace !== null) return this.mtrace(mtrace, number, file);
    const found = CALL.exec(line);
    if (found === null)
      return line.startsWith('@ ') || /\b(?:malloc|calloc|realloc|free)\(/.test(line)
        ? this.fault(file, number, 'a call that cannot be read')
        : false;
    const [, name, argText, result] = found;
    const args = argText.split(',').map(text => addressOf(text.trim()));
    if (args.some(Number.isNaN)) return this.fault(file, number, `${name}(${argText.slice(0, 40)})`);
    if (name === 'free') return args[0] === 0 ? true : this.give(args[0], 'the address', file, number);
    if (result === undefined) return this.fault(file, number, `${name}() without a result`);
    const address = addressOf(result);
    if (Number.isNaN(address)) return this.fault(file, number, `${name}() = ${result.slice(0, 40)}`);
    const bytes =
      name === 'calloc' || name === 'reallocarray'
        ? (args.at(-2) ?? 0) * (args.at(-1) ?? 0)
        : (args.at(-1) ?? 0);
    if (!name.startsWith('realloc')) return this.take(address, bytes, name, file, number);
    if (args[0] === 0 || !this.held.has(args[0])) return this.take(address, bytes, name, file, number);
    return this.again(args[0], address, bytes, name, file, number);
  }

  private mtrace(found: RegExpExecArray, number: number, file: string): boolean {
    const [, place = '', op, address, size] = found;
    const key = addressOf(`0x${address}`);
    if (op === '!') {
      this.pendingOld = Number.NaN;
      return true;
    }
    if (op === '<') {
      this.pendingOld = key;
      return true;
    }
    if (op === '-') return this.give(key, `0x${address}`, file, number);
    if (size === undefined) return this.fault(file, number, `${op} needs a size`);
    const bytes = size.startsWith('0x') ? Number.parseInt(size, 16) : Number(size);
    const who = placeOf(place);
    if (op === '+') return this.take(key, bytes, who, file, number);
    const old = this.pendingOld;
    this.pendingOld = Number.NaN;
    if (Number.isNaN(old)) return this.fault(file, number, '> without a < before it');
    if (!this.held.has(old)) return this.take(key, bytes, who, file, number);
    return this.again(old, key, bytes, who, file, number);
  }

  private take(key: number, bytes: number, who: string, file: string, number: number): boolean {
    if (!(bytes <= MOST_BYTES)) return this.fault(file, number, `${bytes} bytes`);
    this.nrOps++;
    this.us += TICK_US;
    const size = Math.max(1, bytes);
    this.recording.alloc(this.classNumber(size, who), key, size, this.us, -1);
    if (key !== 0) this.held.set(key, size);
    return true;
  }

  private give(key: number, what: string, file: string, number: number): boolean {
    if (!this.held.has(key)) return this.fault(file, number, `${what} is freed and was not allocated`);
    this.nrOps++;
    this.us += TICK_US;
    this.held.delete(key);
    this.recording.free(false, key, this.us, -1, 0);
    return true;
  }

  /** realloc: the new block is there before the old one goes, as its bytes are copied. */
  private again(old: number, key: number, bytes: number, who: string, file: string, number: number): boolean {
    if (!(bytes <= MOST_BYTES)) return this.fault(file, number, `${bytes} bytes`);
    this.nrOps++;
    this.us += TICK_US;
    if (bytes === 0) {
      this.held.delete(old);
      this.recording.free(false, old, this.us, -1, 0);
      return true;
    }
    const size = Math.max(1, bytes);
    if (key === 0) return true;
    // The two may have the same key: the old one is followed under another for the moment.
    this.recording.replace(old, key, this.classNumber(size, who), size, this.us);
    this.held.delete(old);
    this.held.set(key, size);
    return true;
  }

  private classNumber(bytes: number, who: string): number {
    const what = bytes > MOST_KMALLOC ? 'buffer' : 'kmalloc';
    return this.recording.classNumber(`${what} ${who}`, () => ({
      what,
      who,
      gfp: '',
      mask: GFP_KERNEL,
      lost: [],
      context: 'process',
      cache: '',
      before: false,
    }));
  }

  private fault(file: string, number: number, why: string): false {
    this.broken.add(file, number, why);
    return false;
  }
}

/** 52 bits of an address, 0 for none, NaN for what is no number. */
function addressOf(text: string): number {
  if (/^(?:NULL|nil|\(nil\)|0)$/.test(text)) return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const digits = /^0x([0-9a-f]{1,16})$/i.exec(text)?.[1];
  return digits === undefined ? Number.NaN : Number.parseInt(digits.slice(-13), 16);
}

/** The function of `./a.out:(main+0x1d)[0x400561]`, else the end of the address. */
function placeOf(place: string): string {
  const name = /\(([A-Za-z_][\w.]*)\+0x/.exec(place)?.[1];
  if (name !== undefined) return name;
  const address = /\[0x([0-9a-f]+)\]/.exec(place)?.[1];
  return address === undefined ? 'malloc' : `at-${address.slice(-8)}`;
}
