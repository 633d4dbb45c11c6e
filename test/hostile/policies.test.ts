/** Every hostile policy ends in its verdict, within its time, and leaves this process as it was. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox, type SandboxOptions } from '../../src/harness/sandbox/client.ts';
import { ANSWERS, BOMBS, ESCAPES, HANGS, type HostileCase } from './cases.ts';
import { type Ended, endIn, endOf } from './sandboxed.ts';

/** One case: start of a process, compiling, running. */
const LIMIT_MS = 8_000;

/** Fuel, decisions and places of every case. Written anew with OOMPH_ACCEPT=1; the same on every version of Node. */
const RECORDS = join(__dirname, 'records.json');
const records: Record<string, string> = existsSync(RECORDS) ? JSON.parse(readFileSync(RECORDS, 'utf8')) : {};
const accepting = process.env['OOMPH_ACCEPT'] === '1';

/** Another Node to run the sandbox with, as PATH:VERSION. */
const [path, version] = (process.env['OOMPH_SANDBOX_NODE'] ?? '').split(':');
const options: SandboxOptions = path === '' ? {} : { node: { path, version } };

const GROUPS: [string, HostileCase[]][] = [
  ['escapes', ESCAPES],
  ['hangs', HANGS],
  ['bombs', BOMBS],
  ['answers', ANSWERS],
];

/** What an escape would change here. */
function hostState(): string {
  const prototypes = [Object, Array, Function, String, Map, Promise].map(
    c => Reflect.ownKeys(c.prototype).length,
  );
  return JSON.stringify([
    prototypes,
    Reflect.ownKeys(globalThis).length,
    process.exitCode ?? null,
    process.cwd(),
  ]);
}

const before = hostState();

/** Policies that are refused never run, so that one process can refuse them all. */
let refusing: Sandbox;
beforeAll(async () => {
  refusing = await Sandbox.start(options);
});
afterAll(async () => {
  await refusing.close();
  if (accepting) writeFileSync(RECORDS, `${JSON.stringify(records, null, 2)}\n`);
});

describe.each(GROUPS)('%s', (group, cases) => {
  test.each(cases.map(c => [c.name, c] as const))(
    '%s',
    async (name, { text, expected }) => {
      const started = performance.now();
      const refused = expected.startsWith('refused');
      const { verdict, record }: Ended = refused ? await endIn(refusing, text) : await endOf(text, options);
      expect(verdict).toBe(expected);
      expect(performance.now() - started).toBeLessThan(LIMIT_MS);
      expect(hostState()).toBe(before);
      const key = `${group}: ${name}`;
      if (accepting) records[key] = record;
      expect(record).toBe(records[key]);
    },
    LIMIT_MS + 2_000,
  );
});

test('no two cases have the same name, and no record is of a case that is gone', () => {
  const names = GROUPS.flatMap(([group, cases]) => cases.map(c => `${group}: ${c.name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(records).sort()).toEqual([...names].sort());
});
