import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { DatabaseFile } from '../../../src/cli/store/database.ts';
import { ROOT } from '../terminal.ts';
import { openStarving, startGame } from './game.ts';

/** Below the repository, so that what is bundled finds its packages. */
const FOLDER = join(ROOT, 'dist', `kill-9-${process.pid}`);
const SCHEMA = { id: 77, migrations: ['CREATE TABLE attempts (writer INTEGER, n INTEGER, filler TEXT)'] };

beforeAll(() => mkdirSync(FOLDER, { recursive: true }));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/**
 * A program that writes rows 0, 1, 2 ... and says each number once it is written. With a third argument it kills itself
 * in the middle of that change of a file, counted from the start.
 */
function writerProgram(path: string): string {
  const source = join(FOLDER, 'writer.ts');
  const bundle = join(FOLDER, 'writer.mjs');
  writeFileSync(
    source,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Busy, DatabaseFile } from '../../src/cli/store/database.ts';
const [writer, times, killAt] = process.argv.slice(2).map(Number);
let changes = 0;
const CHANGES = ['copyFileSync', 'fsyncSync', 'mkdirSync', 'openSync', 'renameSync', 'rmSync', 'rmdirSync', 'unlinkSync', 'writeFileSync', 'writeSync'];
for (const name of CHANGES) {
  const change = fs[name];
  fs[name] = (...args) => {
    if (++changes !== killAt) return change(...args);
    if (name === 'writeSync') change(args[0], args[1], 0, args[1].length >> 1, args[4]);
    process.kill(process.pid, 'SIGKILL');
  };
}
syncBuiltinESMExports();
const file = new DatabaseFile(${JSON.stringify(path)}, ${JSON.stringify(SCHEMA)});
for (let n = 0; n < times; n++) {
  try {
    file.write(db => {
      db.run('INSERT INTO attempts VALUES (?, ?, ?)', [writer, n, 'x'.repeat(20000)]);
    });
  } catch (error) {
    // Another wrote without a pause for two seconds: as in the game, it is written later.
    if (!(error instanceof Busy)) throw error;
    n--;
    continue;
  }
  process.stdout.write(n + '\\n');
}
`,
  );
  buildSync({
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  return bundle;
}

interface Writer {
  /** The last number that it said. */
  said: () => number;
  ended: Promise<NodeJS.Signals | null>;
}

function startWriter(program: string, writer: number, times: number, killAt = 0): Writer {
  const args = [program, String(writer), String(times), String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  const ended = new Promise<NodeJS.Signals | null>(resolve =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  return { said: () => out.split('\n').length - 2, ended };
}

test('killed in the middle of any change, the file has all that was written before and at most the one in flight', async () => {
  const path = join(FOLDER, 'killed.db');
  const program = writerProgram(path);
  const file = new DatabaseFile(path, SCHEMA);
  for (let killAt = 2; ; killAt += 4) {
    const started = startWriter(program, killAt, 1, killAt);
    const signal = await started.ended;
    const found = file.read(db => ({
      check: db.get('PRAGMA integrity_check'),
      rows: db.all('SELECT n FROM attempts WHERE writer = ? ORDER BY n', [killAt]).map(row => row['n']),
    }));
    if (found !== null) expect(found.check).toEqual({ integrity_check: 'ok' });
    const rows = found?.rows ?? [];
    expect(rows).toEqual(rows.map((_, i) => i));
    expect([started.said() + 1, started.said() + 2]).toContain(rows.length);
    if (signal === null) {
      expect(killAt).toBeGreaterThan(20);
      break;
    }
  }
  expect(file.setAside).toBe('');
});

test('two that write at once wait for each other, and nothing is lost', async () => {
  const path = join(FOLDER, 'shared.db');
  const program = writerProgram(path);
  const writers = [startWriter(program, 0, 25), startWriter(program, 1, 25)];
  await Promise.all(writers.map(({ ended }) => ended));
  expect(writers.map(({ said }) => said())).toEqual([24, 24]);
  const count = new DatabaseFile(path, SCHEMA).read(db => db.get('SELECT count(*) AS n FROM attempts'));
  expect(count).toEqual({ n: 50 });
  expect(readdirSync(FOLDER).filter(name => name.startsWith('shared.db'))).toHaveLength(2);
});

test('a game that is killed has kept what was played before', async () => {
  const game = startGame();
  await openStarving(game);
  game.type('\r');
  await game.sees('buddyinfo');
  game.kill('SIGKILL');
  await game.end();
  const again = startGame({ folder: game.folder });
  await again.sees('The card that starved');
  again.type('G');
  await again.sees('1 run, not won yet');
});
