/**
 * One process at a time, without anything that outlives a kill: whoever wants to use a file takes the next number.
 * The file `NAME.turn-N` with the highest number says whose turn it is; it is taken over when that process is gone.
 *
 * Numbers only grow and the highest file is never removed before a higher one is there, so of two that see the same
 * dead owner only one can make the next file, and one that comes too late sees a higher number and steps back.
 */
import { closeSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Between two looks at a turn that is somebody else's. */
const LOOK_MS = 15;
/** A turn without an owner was made by a process that is about to write its name in it, or was killed before it could. */
const NAMELESS_MS = 2000;
/** A turn of another machine (a home folder on the network) cannot be looked after; nobody needs it for so long. */
const FOREIGN_MS = 60_000;

interface Owner {
  pid: number;
  host: string;
  /** When the process started, in the system's own words; '' where that is not known. */
  started: string;
}

const FREE = 'free';

/** The process's start, so that a number given out again is not taken for the process that had it. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name in brackets, which may hold anything: field 22, starttime.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === '' || now === '' || now === started;
}

export class Turn {
  private readonly folder: string;
  private readonly prefix: string;
  private readonly me: string;
  private mine = 0;

  /** @param path  the file that the turns are about */
  constructor(path: string) {
    this.folder = dirname(path);
    this.prefix = `${basename(path)}.turn-`;
    this.me = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) });
  }

  /**
   * Wait for it, at most so long.
   *
   * @returns whether it is this process's turn
   * @throws what the file system says
   */
  take(timeoutMs: number): boolean {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const last = this.highest();
      if (last === 0 || this.isOver(last)) {
        if (this.tookNext(last + 1)) return true;
      } else if (performance.now() >= until) return false;
      else sleep(LOOK_MS);
    }
  }

  release(): void {
    if (this.mine > 0) writeFileSync(this.file(this.mine), FREE);
    this.mine = 0;
  }

  private file(number: number): string {
    return join(this.folder, this.prefix + number);
  }

  private numbers(): number[] {
    const names = readdirSync(this.folder).filter(name => name.startsWith(this.prefix));
    return names
      .map(name => Number(name.slice(this.prefix.length)))
      .filter(n => Number.isSafeInteger(n) && n > 0);
  }

  private highest(): number {
    return Math.max(0, ...this.numbers());
  }

  private tookNext(number: number): boolean {
    let fd: number;
    try {
      fd = openSync(this.file(number), 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    try {
      writeFileSync(fd, this.me);
    } finally {
      closeSync(fd);
    }
    const all = this.numbers();
    if (Math.max(...all) !== number) {
      this.remove(number);
      return false;
    }
    for (const old of all) if (old < number) this.remove(old);
    this.mine = number;
    return true;
  }

  private remove(number: number): void {
    try {
      unlinkSync(this.file(number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Given back, or of a process that is gone. */
  private isOver(number: number): boolean {
    let text: string;
    let ageMs: number;
    try {
      text = readFileSync(this.file(number), 'utf8');
      ageMs = Math.abs(Date.now() - statSync(this.file(number)).mtimeMs);
    } catch (error) {
      // A higher one took its place.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    if (text === FREE) return true;
    let owner: Owner;
    try {
      owner = JSON.parse(text);
    } catch {
      return ageMs > NAMELESS_MS;
    }
    return owner.host === hostname() ? !isAlive(owner) : ageMs > FOREIGN_MS;
  }
}

const cell = new Int32Array(new SharedArrayBuffer(4));
function sleep(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}
