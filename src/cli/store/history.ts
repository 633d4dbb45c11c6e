/** Progress, attempts and what they are held against, in a database file. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SourceFile } from '../../contract/policy.ts';
import type { Verdict } from '../../contract/verdict.ts';
import type { ChallengeEntry, PreparedRun } from '../../tui/gameRun.ts';
import {
  type Attempt,
  type AxisValue,
  type History,
  type KeptProgress,
  NOT_PLAYED,
  type Yardstick,
} from '../../tui/history.ts';
import { isTunables } from '../policyFiles.ts';
import { reasonFor } from '../unwritable.ts';
import { contentHash } from './contentHash.ts';
import { Busy, DatabaseFile, NewerDatabase, type Schema, type Sqlite } from './database.ts';

const SCHEMA: Schema = {
  id: 0x6f6f6d70,
  migrations: [
    `CREATE TABLE challenges (
      id TEXT PRIMARY KEY,
      hints INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE sources (
      hash TEXT PRIMARY KEY,
      files TEXT NOT NULL
    );
    CREATE TABLE attempts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      challenge TEXT NOT NULL,
      content TEXT NOT NULL,
      oomph TEXT NOT NULL,
      at INTEGER NOT NULL,
      times INTEGER NOT NULL DEFAULT 1,
      seeds TEXT NOT NULL,
      outcome TEXT NOT NULL,
      stars INTEGER NOT NULL,
      scores TEXT NOT NULL,
      policy TEXT,
      tokens INTEGER,
      source TEXT REFERENCES sources (hash),
      daily TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX attempts_of ON attempts (challenge, id);
    CREATE TABLE yardsticks (
      content TEXT NOT NULL,
      oomph TEXT NOT NULL,
      name TEXT NOT NULL,
      outcome TEXT NOT NULL,
      stars INTEGER NOT NULL,
      scores TEXT NOT NULL,
      PRIMARY KEY (content, oomph, name)
    );`,
  ],
};

/** How many changes wait for the file before the oldest is given up. */
const MAX_WAITING = 200;

type Row = Record<string, string | number | null>;
const rows = (db: Sqlite, sql: string, values: (string | number)[] = []): Row[] =>
  db.all(sql, values) as unknown as Row[];

/** The score axes of a verdict, as they are kept. */
export function axesOf(verdict: Verdict): AxisValue[] {
  return verdict.summary.map((axis, i) => ({
    metric: axis.metric,
    unit: axis.unit,
    better: verdict.seeds[0].score[i].better,
    worst: axis.worst,
    median: axis.median,
    best: axis.best,
  }));
}

/** Hash of what can be restored: names and texts. */
function sourceHash(files: readonly SourceFile[]): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 32);
}

/** What the player wrote: of tunables not the code that was made from them. */
function writtenFiles(files: readonly SourceFile[]): SourceFile[] {
  return files[0] !== undefined && isTunables(files[0].path) ? [files[0]] : [...files];
}

export class HistoryFile implements History {
  notice = '';
  private readonly oomph: string;
  private file: DatabaseFile | null = null;
  private readonly waiting: ((db: Sqlite) => void)[] = [];
  private readonly hashes = new WeakMap<object, string>();

  /**
   * @param folder  '' where there is none
   * @param oomph   engineVersion()
   */
  constructor(folder: string, oomph: string) {
    this.oomph = oomph;
    if (folder === '') {
      this.giveUp('nothing says where your home is: give --data FOLDER, or set OOMPH_DATA');
      return;
    }
    const path = join(folder, 'history.db');
    try {
      this.file = new DatabaseFile(path, SCHEMA);
      // Makes the file, so that what is wrong with the place is known now.
      this.file.write(() => {});
      if (this.file.setAside !== '') {
        this.notice =
          `The file of your progress was damaged. It was set aside as ${this.file.setAside}, ` +
          'and a new one was begun.';
      }
    } catch (error) {
      if (!(error instanceof Busy)) this.giveUp(reasonOf(error, path));
    }
  }

  progress(entries: readonly ChallengeEntry[]): KeptProgress[] {
    const found = this.read(db => {
      const hints = new Map(
        rows(db, 'SELECT id, hints FROM challenges').map(r => [r['id'], Number(r['hints'])]),
      );
      const played = rows(
        db,
        `SELECT challenge, content, max(stars) AS stars, sum(times) AS attempts
         FROM attempts GROUP BY challenge, content`,
      );
      return { hints, played };
    });
    return entries.map(entry => {
      if (!found || !entry.plan) return NOT_PLAYED;
      const own = found.played.filter(row => row['challenge'] === entry.id);
      const content = this.contentOf(entry);
      const best = (list: Row[]): number => Math.max(-1, ...list.map(row => Number(row['stars'])));
      return {
        stars: best(own.filter(row => row['content'] === content)),
        oldStars: best(own.filter(row => row['content'] !== content)),
        attempts: own.reduce((sum, row) => sum + Number(row['attempts']), 0),
        hints: found.hints.get(entry.id) ?? 0,
      };
    });
  }

  addHints(entry: ChallengeEntry, hints: number): void {
    this.write(db => {
      db.run(
        `INSERT INTO challenges (id, hints) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET hints = max(hints, excluded.hints)`,
        [entry.id, hints],
      );
    });
  }

  addAttempt(entry: ChallengeEntry, run: PreparedRun, daily: string): void {
    const { verdict, policy } = run;
    const atMs = Date.now();
    const content = this.contentOf(entry);
    const { info } = verdict.policy;
    const files = policy === null ? [] : writtenFiles(policy.files);
    const source = policy === null ? null : sourceHash(files);
    const seeds = JSON.stringify(verdict.seeds.map(({ seed }) => seed));
    this.write(db => {
      if (policy !== null && source !== null) {
        db.run('INSERT OR IGNORE INTO sources (hash, files) VALUES (?, ?)', [source, JSON.stringify(files)]);
      }
      const [last] = rows(db, 'SELECT * FROM attempts WHERE challenge = ? ORDER BY id DESC LIMIT 1', [
        entry.id,
      ]);
      const again =
        last !== undefined &&
        last['content'] === content &&
        last['oomph'] === this.oomph &&
        last['source'] === source &&
        last['seeds'] === seeds &&
        last['daily'] === daily;
      if (again) {
        db.run('UPDATE attempts SET at = ?, times = times + 1 WHERE id = ?', [atMs, Number(last['id'])]);
        return;
      }
      db.run(
        `INSERT INTO attempts (challenge, content, oomph, at, seeds, outcome, stars, scores, policy, tokens, source, daily)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          entry.id,
          content,
          this.oomph,
          atMs,
          seeds,
          verdict.outcome,
          verdict.stars,
          JSON.stringify(axesOf(verdict)),
          info?.hash ?? null,
          info?.tokens ?? null,
          source,
          daily,
        ],
      );
    });
  }

  attempts(entry: ChallengeEntry): Attempt[] {
    if (!entry.plan) return [];
    const content = this.contentOf(entry);
    const found = this.read(db =>
      rows(db, 'SELECT * FROM attempts WHERE challenge = ? ORDER BY at DESC, id DESC', [entry.id]),
    );
    return (found ?? []).map(row => ({
      id: Number(row['id']),
      atMs: Number(row['at']),
      times: Number(row['times']),
      outcome: row['outcome'] === 'won' ? 'won' : 'lost',
      stars: Number(row['stars']),
      scores: JSON.parse(String(row['scores'])),
      seeds: JSON.parse(String(row['seeds'])),
      policyHash: row['policy'] === null ? null : String(row['policy']),
      tokens: row['tokens'] === null ? null : Number(row['tokens']),
      current: row['content'] === content,
      daily: String(row['daily']),
    }));
  }

  source(id: number): SourceFile[] {
    const found = this.read(db =>
      rows(db, 'SELECT files FROM attempts JOIN sources ON source = hash WHERE id = ?', [id]),
    );
    return found?.[0] === undefined ? [] : JSON.parse(String(found[0]['files']));
  }

  isKept(entry: ChallengeEntry, files: readonly SourceFile[]): boolean {
    const hash = sourceHash(writtenFiles(files));
    const found = this.read(db =>
      rows(db, 'SELECT id FROM attempts WHERE challenge = ? AND source = ? LIMIT 1', [entry.id, hash]),
    );
    return found !== null && found.length > 0;
  }

  /** Results of the policies that come with oomph, as this version computed them before. */
  yardsticks(entry: ChallengeEntry): Yardstick[] {
    if (!entry.plan) return [];
    const found = this.read(db =>
      rows(db, 'SELECT * FROM yardsticks WHERE content = ? AND oomph = ?', [
        this.contentOf(entry),
        this.oomph,
      ]),
    );
    return (found ?? []).map(row => ({
      name: String(row['name']),
      outcome: row['outcome'] === 'won' ? 'won' : 'lost',
      stars: Number(row['stars']),
      scores: JSON.parse(String(row['scores'])),
    }));
  }

  addYardstick(entry: ChallengeEntry, stick: Yardstick): void {
    const content = this.contentOf(entry);
    this.write(db => {
      // What other versions computed is of no use to this one.
      db.run('DELETE FROM yardsticks WHERE content = ? AND oomph <> ?', [content, this.oomph]);
      db.run(
        'INSERT OR REPLACE INTO yardsticks (content, oomph, name, outcome, stars, scores) VALUES (?, ?, ?, ?, ?, ?)',
        [content, this.oomph, stick.name, stick.outcome, stick.stars, JSON.stringify(stick.scores)],
      );
    });
  }

  flush(): void {
    if (this.waiting.length > 0) this.write(() => {});
  }

  private contentOf(entry: ChallengeEntry): string {
    const plan = entry.plan!;
    let hash = this.hashes.get(plan);
    if (hash === undefined) {
      hash = contentHash(plan);
      this.hashes.set(plan, hash);
    }
    return hash;
  }

  private read<T>(look: (db: Sqlite) => T): T | null {
    if (this.file === null) return null;
    this.flush();
    try {
      return this.file.read(look);
    } catch (error) {
      if (!(error instanceof Busy)) this.giveUp(reasonOf(error, this.file.path));
      return null;
    }
  }

  /** Changes wait while somebody else has the file, and are made with the next one. */
  private write(change: (db: Sqlite) => void): void {
    if (this.file === null) return;
    this.waiting.push(change);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
    try {
      this.file.write(db => {
        for (const one of this.waiting) one(db);
      });
      this.waiting.length = 0;
    } catch (error) {
      if (!(error instanceof Busy)) this.giveUp(reasonOf(error, this.file.path));
    }
  }

  private giveUp(reason: string): void {
    this.file = null;
    this.waiting.length = 0;
    this.notice = `Your progress is not kept: ${reason}.`;
  }
}

/** @throws what is no fault of the place: ours */
function reasonOf(error: unknown, place: string): string {
  if (error instanceof NewerDatabase) {
    return `a later oomph wrote ${place} (${error.message}), and this one leaves it alone; play with that one, or give --data FOLDER`;
  }
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (code !== undefined) return `${place} cannot be written (${reasonFor(code)}); give --data FOLDER`;
  if (name === 'SQLite3Error') return `${place} cannot be used (${message}); give --data FOLDER`;
  throw error;
}
