/**
 * A database file that is whole at every moment. A change is made in a copy, which then takes the file's name: whoever
 * kills us leaves the file as it was before or as it is after. (The library's own rollback journal would not do:
 * it takes its own lock for somebody else's and never rolls back what a killed process left.)
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Database as Sqlite } from 'node-sqlite3-wasm';
import { makeFolder } from '../makeFolder.ts';
import { Turn } from './turn.ts';

export type { Sqlite };

/** How long somebody else's turn is waited for. */
const WAIT_MS = 2000;

/** Nothing can be kept for now: somebody else has the file. */
export class Busy extends Error {
  override name = 'Busy';
}

/** The file was written by a later oomph. */
export class NewerDatabase extends Error {
  override name = 'NewerDatabase';
  readonly version: number;

  constructor(version: number) {
    super(`schema ${version}`);
    this.version = version;
  }
}

export interface Schema {
  /** `PRAGMA application_id`. */
  id: number;
  /** One a version, from an empty file on; `PRAGMA user_version` counts those that were applied. */
  migrations: readonly string[];
}

/** Loaded when it is needed: a megabyte of WebAssembly. */
function sqlite(): typeof import('node-sqlite3-wasm') {
  return createRequire(import.meta.url)('node-sqlite3-wasm');
}

const number = (db: Sqlite, pragma: string): number => Number(db.get(`PRAGMA ${pragma}`)?.[pragma] ?? 0);

export class DatabaseFile {
  readonly path: string;
  private readonly schema: Schema;
  private readonly turn: Turn;
  /** Said once: where a damaged file went. */
  setAside = '';

  /** @throws what the file system says: the folder cannot be made */
  constructor(path: string, schema: Schema) {
    this.path = path;
    this.schema = schema;
    makeFolder(dirname(path));
    this.turn = new Turn(path);
  }

  /** Look at it as it is now; null while there is none. @throws Busy, NewerDatabase, what the file system says */
  read<T>(look: (db: Sqlite) => T): T | null {
    return this.inTurn(() => {
      if (!existsSync(this.path)) return null;
      // A copy too: the library makes a lock beside what it opens and leaves it when it is killed.
      return this.withCopy(db => look(db), false);
    });
  }

  /** Change it, wholly or not at all. @throws Busy, NewerDatabase, what the file system says */
  write(change: (db: Sqlite) => void): void {
    this.inTurn(() => this.withCopy(change, true));
  }

  private inTurn<T>(work: () => T): T {
    if (!this.turn.take(WAIT_MS)) throw new Busy(this.path);
    try {
      return work();
    } finally {
      this.turn.release();
    }
  }

  private withCopy<T>(work: (db: Sqlite) => T, keep: boolean): T {
    const copy = `${this.path}.next`;
    rmSync(copy, { force: true });
    // What a process that was killed at work left of the library's.
    rmSync(`${copy}.lock`, { force: true, recursive: true });
    rmSync(`${copy}-journal`, { force: true });
    if (existsSync(this.path)) copyFileSync(this.path, copy);
    let db = this.opened(copy);
    if (db === null) {
      this.putAside();
      rmSync(copy, { force: true });
      db = this.opened(copy)!;
    }
    let result: T;
    try {
      result = work(db);
    } finally {
      db.close();
      if (!keep) rmSync(copy, { force: true });
    }
    if (!keep) return result;
    const fd = openSync(copy, 'r+');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(copy, this.path);
    return result;
  }

  /** With the schema of today, or null where it is damaged or somebody else's. @throws NewerDatabase */
  private opened(copy: string): Sqlite | null {
    const { id, migrations } = this.schema;
    const db = new (sqlite().Database)(copy);
    try {
      // Nothing can be lost in a copy.
      db.exec('PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF');
      const version = number(db, 'user_version');
      const empty = number(db, 'schema_version') === 0;
      if (!empty && number(db, 'application_id') !== id) {
        db.close();
        return null;
      }
      if (db.get('PRAGMA quick_check(1)')?.['quick_check'] !== 'ok') {
        db.close();
        return null;
      }
      if (version > migrations.length) throw new NewerDatabase(version);
      for (let i = version; i < migrations.length; i++) db.exec(migrations[i]);
      if (version < migrations.length) {
        db.exec(`PRAGMA application_id=${id}; PRAGMA user_version=${migrations.length}`);
      }
      return db;
    } catch (error) {
      if (db.isOpen) db.close();
      // A full disk is no fault of the file's.
      const damaged = error instanceof Error && /malformed|not a database/.test(error.message);
      if (damaged) return null;
      throw error;
    }
  }

  private putAside(): void {
    let n = 1;
    while (existsSync(`${this.path}.damaged-${n}`)) n++;
    this.setAside = `${this.path}.damaged-${n}`;
    renameSync(this.path, this.setAside);
  }
}
