/**
 * How fast a class is marked, and in how much memory: `node test/bench/grade/bench.mjs [--students 100] [--challenges 10]
 * [--jobs 2] [--keep FOLDER]`, after `npm run build`.
 *
 * Every 50 ms the memory and the processor time of oomph and of every process below it are read from /proc, so this needs Linux.
 * The time of processes that end is counted up to the last look at them; `machine busy` is what all processes
 * of the machine used meanwhile, neighbours too: the truth lies between.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CHALLENGES, makeClass, SEEDS } from './class.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
/** Of /proc: USER_HZ, and the pages of what it runs on. */
const TICKS = 100;
const PAGE = 4096;

const { values: options } = parseArgs({
  options: {
    students: { type: 'string', default: '100' },
    challenges: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'string' },
    profile: { type: 'string' },
  },
});

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      user: Number(fields[11]),
      system: Number(fields[12]),
      started: fields[19],
      rss: Number(fields[21]) * PAGE,
      command: readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
    };
  } catch {
    return null;
  }
}

/** Processes at and below one. */
function treeOf(top) {
  const all = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(name);
    if (stat !== null) all.set(Number(name), stat);
  }
  const below = new Map();
  for (const [pid, stat] of all) {
    for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) {
      if (at !== top) continue;
      below.set(pid, stat);
      break;
    }
  }
  return below;
}

const kindOf = (pid, top, command) =>
  pid === top ? 'parent' : command.includes('child.mjs') ? 'sandbox' : 'worker';

function busyTicks() {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .split(/ +/);
  return [user, nice, system, irq, softirq].reduce((sum, n) => sum + Number(n), 0);
}

const MIB = 1 << 20;
const students = Number(options.students);
const challenges = Math.min(CHALLENGES.length, Number(options.challenges));
const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'oomph-bench-'));
const { assignment, submissions } = makeClass(folder, students, challenges);
const out = join(folder, 'marks');
const bytesOf = name => statSync(join(out, name), { throwIfNoEntry: false })?.size ?? 0;

const busyBefore = busyTicks();
const startedAt = performance.now();
const child = spawn(
  process.execPath,
  [
    ...(options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]),
    join(root, 'bin/oomph.js'),
    'grade',
    assignment,
    submissions,
    '--out',
    out,
    '--jobs',
    options.jobs,
  ],
  {
    env: { ...process.env, OOMPH_SECRET: 'the secret of a bench that marks a class' },
    stdio: ['ignore', 'ignore', 'inherit'],
  },
);
const used = new Map();
/** Most memory of one process of a kind, in each tenth of the run so far: whether it grows. */
const samples = [];
let sandboxes = 0;
const timer = setInterval(() => {
  const peak = { parent: 0, worker: 0, sandbox: 0 };
  for (const [pid, stat] of treeOf(child.pid)) {
    const kind = kindOf(pid, child.pid, stat.command);
    const key = `${pid} ${stat.started}`;
    if (kind === 'sandbox' && !used.has(key) && !stat.command.startsWith('unshare')) sandboxes++;
    used.set(key, { kind, ticks: stat.user + stat.system });
    peak[kind] = Math.max(peak[kind], stat.rss);
  }
  samples.push(peak);
}, 50);
const code = await new Promise(resolve => child.on('exit', resolve));
clearInterval(timer);
const wall = (performance.now() - startedAt) / 1000;
const busy = (busyTicks() - busyBefore) / TICKS;
const seconds = { parent: 0, worker: 0, sandbox: 0 };
for (const { kind, ticks } of used.values()) seconds[kind] += ticks / TICKS;
const cpu = seconds.parent + seconds.worker + seconds.sandbox;
const runs = students * challenges * (SEEDS.public.length + SEEDS.hidden);

const line = (name, value) => process.stdout.write(`${name.padEnd(34)}${value}\n`);
line('students, challenges, runs', `${students}, ${challenges}, ${runs}`);
line('exit code', code);
line('wall', `${wall.toFixed(1)} s: ${(students / wall).toFixed(2)} submissions a second`);
line(
  'processor time seen',
  `${cpu.toFixed(1)} s (parent ${seconds.parent.toFixed(1)}, workers ${seconds.worker.toFixed(1)}, sandboxes ${seconds.sandbox.toFixed(1)})`,
);
line('machine busy', `${busy.toFixed(1)} s`);
line(
  'a run',
  `${((cpu * 1000) / runs).toFixed(1)} ms of processor time seen, ${((busy * 1000) / runs).toFixed(1)} busy`,
);
line(
  'submissions a processor second',
  `${(students / cpu).toFixed(2)} seen, ${(students / busy).toFixed(2)} busy`,
);
line(
  '1,000 such on two cores alone',
  `${((cpu * 1000) / students / 2 / 60).toFixed(1)} to ${((busy * 1000) / students / 2 / 60).toFixed(1)} min`,
);
line('sandboxes seen', sandboxes);
for (const kind of ['parent', 'worker', 'sandbox']) {
  const tenths = Array.from({ length: 10 }, (_, i) => {
    const part = samples.slice(
      Math.floor((samples.length * i) / 10),
      Math.floor((samples.length * (i + 1)) / 10),
    );
    return Math.round(Math.max(0, ...part.map(peak => peak[kind])) / MIB);
  });
  line(`peak memory of a ${kind}, by tenths`, `${tenths.join(' ')} MiB`);
}
const folderBytes = path => {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    bytes += entry.isDirectory() ? folderBytes(below) : statSync(below).size;
  }
  return bytes;
};
line('results.db', `${(bytesOf('results.db') / MIB).toFixed(1)} MiB`);
line('everything in --out', `${(folderBytes(out) / MIB).toFixed(1)} MiB`);
if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
process.exitCode = code ?? 1;
