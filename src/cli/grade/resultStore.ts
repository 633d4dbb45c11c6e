/** Results that were computed already, in a database file in the output folder: whoever starts again goes on where he was. */
import type { ChallengeResult } from '../../contract/grading.ts';
import { DatabaseFile, type Schema } from '../store/database.ts';

const SCHEMA: Schema = {
  id: 0x6f6f6770,
  migrations: ['CREATE TABLE result (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID, STRICT'],
};

/** Results that may be lost by a kill, and how long they may be. */
const BATCH = 64;
const BATCH_MS = 1000;

export class ResultStore {
  private readonly file: DatabaseFile;
  private readonly unsaved = new Map<string, string>();
  private savedAt = performance.now();

  /** @throws what the file system says */
  constructor(path: string) {
    this.file = new DatabaseFile(path, SCHEMA);
  }

  /** Where a damaged file was put aside; '' for none. */
  get setAside(): string {
    return this.file.setAside;
  }

  /** Those of the keys that are known. */
  known(keys: ReadonlySet<string>): Map<string, ChallengeResult> {
    const found = new Map<string, ChallengeResult>();
    this.file.read(db => {
      for (const row of db.all('SELECT key, json FROM result')) {
        const key = String(row['key']);
        if (keys.has(key)) found.set(key, JSON.parse(String(row['json'])) as ChallengeResult);
      }
    });
    return found;
  }

  /** Keep one; it is on the disk within a second, or 64 results. What the machine failed at is not kept: it is tried again. */
  keep(key: string, result: ChallengeResult): void {
    if (result.kind === 'infrastructure') return;
    this.unsaved.set(key, JSON.stringify(result));
    if (this.unsaved.size >= BATCH || performance.now() - this.savedAt > BATCH_MS) this.save();
  }

  save(): void {
    if (this.unsaved.size > 0) {
      this.file.write(db => {
        const insert = db.prepare('INSERT OR REPLACE INTO result (key, json) VALUES (?, ?)');
        try {
          for (const [key, json] of this.unsaved) insert.run([key, json]);
        } finally {
          insert.finalize();
        }
      });
      this.unsaved.clear();
    }
    this.savedAt = performance.now();
  }
}
