/**
 * Results that were computed already, in the output folder: whoever starts again goes on where he was. They are kept in a
 * database file, `results.db`; while work goes on the new ones are appended to a journal beside it, which becomes part of
 * the database at the end, or at the next start where there was no end.
 */
import { createHmac } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ChallengeResult, RunPicture } from '../../contract/grading.ts';
import { plural } from '../../report/quantity.ts';
import { BadInput } from '../exit.ts';
import { makeFolder } from '../makeFolder.ts';
import { DatabaseFile, type Schema, type Sqlite } from '../store/database.ts';
import { Turn } from '../store/turn.ts';
import { Journal, readJournal } from './journal.ts';

/** `marks` is the result as JSON, `picture` what plots are drawn from, as JSON compressed by DEFLATE (RFC 1951); `seal`: see `sealOf`. */
const SCHEMA: Schema = {
  id: 0x6f6f6770,
  migrations: [
    'CREATE TABLE result (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID, STRICT',
    // Those were of another engine: none of them would ever be looked up again.
    'DROP TABLE result; CREATE TABLE result (key TEXT PRIMARY KEY, marks TEXT NOT NULL, picture BLOB) STRICT',
    'DROP TABLE result; CREATE TABLE result (key TEXT PRIMARY KEY, marks TEXT NOT NULL, picture BLOB, seal BLOB NOT NULL) STRICT',
  ],
};

/** How long another one that has just ended is waited for. */
const WAIT_MS = 500;

type Played = Extract<ChallengeResult, { kind: 'played' }>;

/** What was computed, by what it depends on. One process at a time has it. */
export class ResultStore {
  /** What the user should know of what was found. */
  readonly notes: string[] = [];
  private readonly file: DatabaseFile;
  private readonly journalPath: string;
  private readonly turn: Turn;
  private readonly secret: Uint8Array;
  private journal: Journal | null = null;
  private readonly keys = new Set<string>();
  private readonly forgotten = new Set<string>();
  /** What the machine failed at: never written down, it is tried again. */
  private readonly failed = new Map<string, ChallengeResult>();

  /**
   * @param out     made where it is not there
   * @param secret  what the marks will be signed with; null where there is none
   * @throws BadInput  another process is at work there; and what the file system says
   */
  constructor(out: string, secret: Uint8Array | null) {
    makeFolder(out);
    this.secret = secret ?? new Uint8Array(0);
    this.turn = new Turn(join(out, '.marking'));
    if (!this.turn.take(WAIT_MS)) {
      throw new BadInput(
        `another oomph grade is at work in ${out}: wait for it, or name another place with --out`,
      );
    }
    this.file = new DatabaseFile(join(out, 'results.db'), SCHEMA);
    this.journalPath = join(out, 'results.journal');
    try {
      this.settle();
      const changed = this.file.read(db => this.lookThrough(db)) ?? 0;
      if (changed > 0) {
        this.notes.push(
          `${plural(changed, 'result')} in results.db ${changed === 1 ? 'is' : 'are'} not as kept: run again where asked for`,
        );
      }
      if (this.file.setAside !== '') {
        this.notes.push(`the results kept so far are damaged and were put aside: ${this.file.setAside}`);
      }
    } catch (error) {
      this.turn.release();
      throw error;
    }
  }

  /** Take what is as it was kept. @returns how many were changed since */
  private lookThrough(db: Sqlite): number {
    let changed = 0;
    for (const { key } of db.all('SELECT key FROM result')) {
      const row = db.get('SELECT marks, picture, seal FROM result WHERE key = ?', [key as string]);
      if (row === null) {
        changed++;
        continue;
      }
      const found = Buffer.from(row['seal'] as Uint8Array);
      const picture = row['picture'] as Uint8Array | null;
      const seal = sealOf(this.secret, String(key), String(row['marks']), picture);
      if (seal.equals(found)) this.keys.add(String(key));
      else if (seal.subarray(0, SECRET_BYTES).equals(found.subarray(0, SECRET_BYTES))) changed++;
    }
    return changed;
  }

  has(key: string): boolean {
    return this.keys.has(key) || this.failed.has(key);
  }

  /** From now on nothing is known: what is asked for is to be run again. */
  forget(): void {
    for (const key of this.keys) this.forgotten.add(key);
    this.keys.clear();
  }

  /** Whether a result is there, to be run again or not. */
  isKept(key: string): boolean {
    return this.keys.has(key) || this.forgotten.has(key);
  }

  /** Keep one, in place of what may be there. When this comes back it outlives the process. */
  keep(key: string, result: ChallengeResult): void {
    if (result.kind === 'infrastructure') {
      this.failed.set(key, result);
      return;
    }
    this.journal ??= Journal.create(this.journalPath);
    this.journal.append(deflateRawSync(JSON.stringify([key, result])));
    this.keys.add(key);
  }

  /** Look results up, after they have all become part of the database. */
  look<T>(work: (resultOf: (key: string) => ChallengeResult) => T): T {
    this.settle();
    const whileOpen = (db: Sqlite | null): T =>
      work(key => this.failed.get(key) ?? (db === null ? lost(key) : storedIn(db, key)));
    // Nothing to mark: there is no database then.
    if (!existsSync(this.file.path)) return whileOpen(null);
    return (this.file.read(db => ({ value: whileOpen(db) })) as { value: T }).value;
  }

  /** @throws what the file system says */
  close(): void {
    this.journal?.close();
    this.journal = null;
    this.turn.release();
  }

  /** Move what is in the journal to the database. Killed in between, both have it, and it is moved again. */
  private settle(): void {
    this.journal?.close();
    this.journal = null;
    if (!existsSync(this.journalPath)) return;
    let damaged = 0;
    this.file.write(db => {
      const insert = db.prepare(
        'INSERT OR REPLACE INTO result (key, marks, picture, seal) VALUES (?, ?, ?, ?)',
      );
      db.exec('BEGIN');
      try {
        damaged = readJournal(this.journalPath, content => {
          const [key, result] = JSON.parse(inflateRawSync(content).toString()) as [string, ChallengeResult];
          const { picture, ...marks } = result as Played;
          const packed = picture === undefined ? null : deflateRawSync(JSON.stringify(picture));
          const text = JSON.stringify(marks);
          insert.run([key, text, packed, sealOf(this.secret, key, text, packed)]);
        });
      } finally {
        insert.finalize();
      }
      db.exec('COMMIT');
    });
    if (damaged > 0) {
      this.notes.push(
        `${basename(this.journalPath)}: ${damaged} of the records in it ${damaged === 1 ? 'is' : 'are'} damaged; what ${damaged === 1 ? 'it' : 'they'} held is run again`,
      );
    }
    rmSync(this.journalPath);
  }
}

/** Of a seal: they tell the results of one secret from those of others. */
const SECRET_BYTES = 4;

/**
 * What is kept is signed one day: a byte of it that changed on the disk, or that somebody changed, must not come under the
 * signature as if it had been computed.
 */
function sealOf(secret: Uint8Array, key: string, marks: string, picture: Uint8Array | null): Buffer {
  const whose = createHmac('sha256', secret).update('oomph results').digest();
  const content = createHmac('sha256', secret).update(`oomph result\0${key}\0${marks}\0`);
  if (picture !== null) content.update(picture);
  return Buffer.concat([whose.subarray(0, SECRET_BYTES), content.digest().subarray(0, 16)]);
}

function storedIn(db: Sqlite, key: string): ChallengeResult {
  const row = db.get('SELECT marks, picture FROM result WHERE key = ?', [key]);
  if (row === null) return lost(key);
  const result = JSON.parse(String(row['marks'])) as ChallengeResult;
  const packed = row['picture'] as Uint8Array | null;
  if (packed === null) return result;
  return { ...(result as Played), picture: JSON.parse(inflateRawSync(packed).toString()) as RunPicture };
}

function lost(key: string): never {
  throw new Error(`the result ${key} is not where it was put`);
}
