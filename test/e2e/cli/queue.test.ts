import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BIN, challengeYaml, oomph, ROOT, temporaryFolder } from './oomph.ts';
import { hasRedis, RedisServer, until } from './redis.ts';

jest.setTimeout(300_000);

// The reason stands in the name of a skipped test.
const why = hasRedis ? '' : ' SKIPPED: redis-server is not installed';
const run = hasRedis ? test : test.skip;

const env = { ...process.env, OOMPH_SECRET: 'a secret of more than sixteen bytes' };
const NAMES = ['Ada Löwe', 'ben', 'cy', 'dan', 'eve', 'flo'];

let folder = '';
let local = new Map<string, string>();
let redis: RedisServer;
const running = new Set<ChildProcess>();

/** What was written to --out, but for the database. */
function outputs(out: string): Map<string, string> {
  const names = readdirSync(join(folder, out), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.startsWith('.') && !entry.name.startsWith('results.'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  return new Map(names.map(name => [name.slice(join(folder, out).length), readFileSync(name, 'utf8')]));
}

/** The command, while it works. */
class Running {
  err = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(args: string[], bin = BIN) {
    this.child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running.add(this.child);
    this.child.stderr!.on('data', data => {
      this.err += data;
    });
    this.ended = new Promise(resolve =>
      this.child.on('close', code => {
        running.delete(this.child);
        resolve(code);
      }),
    );
  }

  says(text: string): Promise<void> {
    return until(text, () => this.err.includes(text));
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Of a worker that ended. */
  get marked(): number {
    return Number(/^marked (\d+) run/m.exec(this.err)?.[1]);
  }
}

const grade = (out: string, ...args: string[]): Running =>
  new Running(['grade', 'assignment.yaml', 'submissions', '--out', out, '--queue', redis.url, ...args]);
const worker = (...args: string[]): Running =>
  new Running(['worker', '--queue', redis.url, '--jobs', '1', '--lock', '1', ...args]);

beforeAll(async () => {
  if (!hasRedis) return;
  folder = temporaryFolder();
  writeFileSync(join(folder, 'challenge.yaml'), challengeYaml());
  writeFileSync(
    join(folder, 'assignment.yaml'),
    `assignment: 1
id: tests/queue
title: Queued
challenges:
  - {challenge: ./challenge.yaml, file: small.ts, points: 10, seeds: {public: [1], hidden: 2}}
`,
  );
  NAMES.forEach((name, i) => {
    mkdirSync(join(folder, 'submissions', name), { recursive: true });
    const answer = ['mem.AS_LINUX', 'mem.DMA_ONLY', '99'][i % 3];
    const text =
      name === 'eve' ? 'nonsense(' : `// ${i}\nexport default { zonelist: (request, mem) => ${answer} };\n`;
    writeFileSync(join(folder, 'submissions', name, 'small.ts'), text);
  });
  const args = ['grade', 'assignment.yaml', 'submissions', '--out', 'local', '--jobs', '2'];
  expect(oomph(args, { cwd: folder, env: { OOMPH_SECRET: env.OOMPH_SECRET } }).code).toBe(0);
  local = outputs('local');
  redis = await RedisServer.start();
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await redis?.down();
});

afterEach(() => {
  if (hasRedis) redis.cli('flushall');
});

/** An oomph whose engine is another, as far as anybody can tell. */
function anotherOomph(): string {
  const root = temporaryFolder();
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  for (const name of ['node_modules', 'schemas', 'challenges'])
    symlinkSync(join(ROOT, name), join(root, name));
  appendFileSync(join(root, 'dist/harness/sandbox/child.mjs'), '\n// another engine\n');
  return join(root, 'bin/oomph.js');
}

run(
  `a worker that joins late: the same bytes as on one machine, and nothing stays in Redis${why}`,
  async () => {
    const grader = grade('late');
    await grader.says(`no worker is there: start some with \`oomph worker --queue ${redis.url}\``);
    // Names stay with the grader.
    const data = redis.keys('*:job-*').map(key => redis.cli('hget', key, 'data'));
    expect(data).toHaveLength(NAMES.length);
    expect(data.join('\n')).toContain('"seeds":[1,');
    expect(data.join('\n')).not.toMatch(/Ada|L\\u00f6we|Löwe|"ben"/);
    const other = new Running(['worker', '--queue', redis.url], anotherOomph());
    expect(await other.ended).toBe(2);
    expect(other.err).toMatch(
      /^oomph: this is oomph \S+, and what is to be marked at \S+ is of (\S+) on .*Install the same here\n$/,
    );
    const late = worker('--exit-when-idle', '2');
    expect(await grader.ended).toBe(0);
    expect(outputs('late')).toEqual(local);
    expect(await late.ended).toBe(0);
    expect(late.marked).toBe(NAMES.length);
    expect(redis.keys()).toEqual([]);
  },
);

run(`a worker killed in mid-job: another takes over${why}`, async () => {
  const grader = grade('killed');
  const first = worker();
  await until('a job is being marked', () => redis.jobs('active') === 1);
  await first.kill();
  const second = worker();
  expect(await grader.ended).toBe(0);
  expect(outputs('killed')).toEqual(local);
  expect(await second.kill('SIGTERM')).toBe(0);
  expect(second.marked).toBe(NAMES.length);
});

run(`Redis restarts in the middle: both sides go on${why}`, async () => {
  const grader = grade('restarted');
  const only = worker();
  await until('a job is being marked', () => redis.jobs('active') === 1);
  await redis.down();
  await grader.says('is gone (ECONNREFUSED): waiting for it');
  await redis.up();
  expect(await grader.ended).toBe(0);
  expect(grader.err).toContain(`${redis.url} is back`);
  expect(outputs('restarted')).toEqual(local);
  expect(await only.kill('SIGTERM')).toBe(0);
});

run(`a grader killed and started again: it goes on, and nothing is marked twice${why}`, async () => {
  const first = grade('resumed');
  const only = worker();
  await until('some are marked', () => redis.jobs('wait') <= NAMES.length - 2 && redis.jobs('active') === 1);
  await first.kill();
  const second = grade('resumed');
  expect(await second.ended).toBe(0);
  expect(outputs('resumed')).toEqual(local);
  expect(await only.kill('SIGTERM')).toBe(0);
  expect(only.marked).toBe(NAMES.length);
});

run(`a job that takes its workers down is nobody else's loss${why}`, async () => {
  const grader = grade('deadly');
  await until('all jobs are there', () => redis.jobs('wait') === NAMES.length);
  // What BullMQ writes to a job whose lock ended too often.
  const deadly = redis.keys('*:job-*').find(key => redis.cli('hget', key, 'data').includes('"// 1\\\\n'));
  redis.cli('hset', deadly ?? redis.keys('*:job-*')[0], 'defa', 'job stalled more than allowable limit');
  const only = worker();
  expect(await grader.ended).toBe(3);
  const table = readFileSync(join(folder, 'deadly/grades.csv'), 'utf8');
  expect(table.match(/infrastructure/g)).toHaveLength(1);
  expect(await only.kill('SIGTERM')).toBe(0);
  expect(redis.keys()).toEqual([]);
});

run(`the keyboard: a worker gives back its job, a grader leaves nothing behind${why}`, async () => {
  const grader = grade('stopped');
  const first = worker();
  await until('a job is being marked', () => redis.jobs('active') === 1);
  expect(await first.kill('SIGTERM')).toBe(0);
  await until('it was given back', () => redis.jobs('active') === 0);
  expect(await grader.kill('SIGINT')).toBe(130);
  expect(redis.keys()).toEqual([]);
  expect(readdirSync(join(folder, 'stopped'))).not.toContain('queue.json');
});

test('no Redis: told within seconds, with what to do', () => {
  const { code, out, err } = oomph(['worker', '--queue', 'redis://:topsecret@localhost:1']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(/^oomph: no Redis answers at redis:\/\/localhost:1 \(ECONNREFUSED\): start one/);
  expect(err).not.toContain('topsecret');
});
