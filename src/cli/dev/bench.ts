/**
 * `npm run bench`: the engine beside the C program of the same algorithm, in one run on the same machine; what policies
 * cost; the whole machine.
 *
 * Every workload runs in a process of its own, as a spec would find it, in turn with the C program; each side's figure
 * is its best round, since a neighbour can only make a round slower. Speeds are reported, never tested.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fnvHex, useFields } from '../../engine/index.ts';
import { packageRoot } from '../root.ts';
import { benchSandbox, HOOK_PLAYERS, type HookPlayer, playHooks, type SandboxFigures } from './benchHooks.ts';
import { benchMachine, type MachineFigures } from './benchMachine.ts';
import { SLAB_TAPES } from './benchSlab.ts';
import { type BenchTape, bootFlat, PAGE_TAPES } from './benchTapes.ts';

const TAPES: readonly BenchTape[] = [...PAGE_TAPES, ...SLAB_TAPES];
const C_PROGRAM =
  process.env['OOMPH_C_SPEED_LIMIT'] ?? join(packageRoot, '..', 'shared', 'bench', 'c-speed-limit');
const RAM_MIB = 1024;
/** Simulated time of the tapes of the two last sections. */
const HOOKS_US = 10_000_000;
const MACHINE_US = 20_000_000;

interface Figures {
  /** Million alloc+free pairs per second, by workload. */
  speed: Map<string, number>;
  checksum: Map<string, string>;
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** Checksum of the first pass after boot. */
function checkTape(tape: BenchTape): string {
  const running = tape.start(RAM_MIB, true);
  running.pass();
  return fnvHex(running.checksum);
}

/** The best of passes for `seconds`, after one that warms up; nothing is checked in this process, as in C. */
function timeTape(tape: BenchTape, seconds: number): number {
  const running = tape.start(RAM_MIB, false);
  running.pass();
  let best = 0;
  for (const end = now() + seconds * 1000; now() < end; ) {
    const start = now();
    const pairs = running.pass();
    best = Math.max(best, pairs / 1000 / (now() - start));
  }
  return best;
}

function inOwnProcess(args: string[]): string {
  return execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { encoding: 'utf8' });
}

function keepBest(into: Figures, name: string, speed: number): void {
  into.speed.set(name, Math.max(speed, into.speed.get(name) ?? 0));
}

function runC(into: Figures, seconds: number): Record<string, unknown> {
  const out = JSON.parse(
    execFileSync(C_PROGRAM, ['bench', String(RAM_MIB), String(seconds)], { encoding: 'utf8' }),
  );
  for (const { name } of TAPES) {
    keepBest(into, name, out[name]);
    into.checksum.set(name, out.checksums[name]);
  }
  return out;
}

interface BootFigures {
  /** Milliseconds of the first boot and of the best of the next. */
  first: number;
  best: number;
  bytesPerPage: number;
  /** The same with page_fields.ts in use. */
  bytesWithFields: number;
}

function bootTimes(ramMiB: number): BootFigures {
  let start = now();
  const m = bootFlat(ramMiB);
  const first = now() - start;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    start = now();
    bootFlat(ramMiB);
    best = Math.min(best, now() - start);
  }
  const bytes = m.links.byteLength + m.state.byteLength + m.tag.byteLength + m.ctl.byteLength;
  const columns: Int32Array[] = Object.values(useFields(m));
  const fields = columns.reduce((sum, column) => sum + column.byteLength, 0);
  return { first, best, bytesPerPage: bytes / m.nrPages, bytesWithFields: (bytes + fields) / m.nrPages };
}

function geometricMean(values: readonly number[]): number {
  return values.reduce((product, v) => product * v, 1) ** (1 / values.length);
}

const mark = (held: boolean) => (held ? 'yes' : 'MISSED');

function report(ours: Figures, c: Figures | null): boolean {
  const row = (...cells: string[]) =>
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(12))).join(''));
  row('workload', 'ours M/s', 'C M/s', 'C/ours', 'kernel/C', 'checksum');
  const pageRatios: number[] = [];
  let worst = 0;
  let slowerThanKernel: string[] = [];
  let allRight = true;
  for (const tape of TAPES) {
    const mine = ours.speed.get(tape.name) ?? 0;
    const theirs = c?.speed.get(tape.name);
    const ratio = theirs === undefined ? 0 : theirs / mine;
    const right =
      ours.checksum.get(tape.name) === tape.checksum &&
      (c === null || c.checksum.get(tape.name) === tape.checksum);
    allRight &&= right;
    if (tape.page) {
      pageRatios.push(ratio);
      worst = Math.max(worst, ratio);
    }
    if (tape.kernelRatio > 0 && ratio > tape.kernelRatio) slowerThanKernel = [...slowerThanKernel, tape.name];
    row(
      tape.name,
      mine.toFixed(1),
      theirs?.toFixed(1) ?? 'skipped',
      ratio > 0 ? ratio.toFixed(2) : '-',
      tape.kernelRatio > 0 ? tape.kernelRatio.toFixed(1) : '-',
      right ? ours.checksum.get(tape.name)! : `WRONG ${ours.checksum.get(tape.name)}`,
    );
  }
  if (c !== null) {
    const mean = geometricMean(pageRatios);
    console.log(`\npage workloads: geometric mean ${mean.toFixed(2)}, worst ${worst.toFixed(2)}`);
    console.log(`goal: mean at most 1.5: ${mark(mean <= 1.5)}; none over 2.5: ${mark(worst <= 2.5)}`);
    console.log(
      `goal: none slower than the kernel's own code: ${mark(slowerThanKernel.length === 0)} ${slowerThanKernel.join(' ')}`,
    );
  }
  return allRight;
}

function reportMemory(): void {
  for (const ramMiB of [1024, 2048, 4096]) {
    const boot: BootFigures = JSON.parse(inOwnProcess(['--boot', String(ramMiB)]));
    console.log(
      `boot ${ramMiB} MiB: first ${boot.first.toFixed(1)} ms, then ${boot.best.toFixed(1)} ms; ` +
        `${boot.bytesPerPage.toFixed(2)} bytes a page, ${boot.bytesWithFields.toFixed(2)} with every field in use`,
    );
  }
}

const million = (perSecond: number) => (perSecond / 1e6).toFixed(2);

/** @returns whether the machines ended alike */
function reportHooks(rounds: number): boolean {
  type Played = ReturnType<typeof playHooks>;
  const all: Record<HookPlayer, Played[]> = { none: [], 'one line': [], 'linux-2.6.0': [] };
  const hashes = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const who of HOOK_PLAYERS) {
      const played: Played = JSON.parse(inOwnProcess(['--hooks', who]));
      hashes.add(played.hash);
      all[who].push(played);
    }
  }
  const f: SandboxFigures = JSON.parse(inOwnProcess(['--sandbox', String(rounds)]));
  // What is inlined where differs from process to process, for better or worse: the best would compare luck with luck.
  const middle = (who: HookPlayer) => all[who].sort((a, b) => a.rate - b.rate)[all[who].length >> 1];
  const none = middle('none').rate;
  const share = (rate: number) => (rate / none) * 100;
  const line = (name: string, rate: number, rest: string) =>
    console.log(
      `${name.padEnd(30)}${million(rate).padStart(8)}${share(rate).toFixed(0).padStart(6)} %  ${rest}`,
    );
  console.log(`policy hooks: ${middle('none').rows} rows of a tape of pages, M rows/s, share of no policy`);
  for (const who of HOOK_PLAYERS) {
    const { rate, nrDecisions, rows } = middle(who);
    line(who, rate, `${(nrDecisions / rows).toFixed(2)} decisions a row`);
  }
  line('one line, whole process', f.oneLine, 'boot, tape and decisions through pipes');
  line('linux-2.6.0, whole process', f.linux, '');
  console.log(`goal: one line at least 80 %: ${mark(share(middle('one line').rate) >= 80)}`);
  console.log(`goal: Linux as a policy at least 50 %: ${mark(share(middle('linux-2.6.0').rate) >= 50)}`);
  console.log(
    `sandbox: there after ${f.startMs.toFixed(0)} ms, policy loaded after ${f.loadMs.toFixed(0)} ms; ` +
      `goal: started in under 150 ms: ${mark(f.startMs < 150)}`,
  );
  if (hashes.size > 1) console.log(`WRONG: the machines differ: ${[...hashes].join(' ')}`);
  return hashes.size === 1;
}

function reportMachine(): void {
  const f: MachineFigures = JSON.parse(inOwnProcess(['--machine']));
  const { off, pages, all } = f.perSecond;
  console.log(`whole machine: ${f.rows} rows, M rows/s, state ${f.hash}`);
  console.log(
    `checks off ${million(off)}, pages every 1000 rows ${million(pages)}, everything every 10,000 ${million(all)}`,
  );
  console.log(`goal: 3 million rows a second: ${mark(off >= 3e6)}`);
  console.log(
    `1 GiB: snapshot ${f.snapshotMs.toFixed(1)} ms, restored in ${f.restoreMs.toFixed(1)} ms; ` +
      `goal: each under 5 ms: ${mark(f.snapshotMs < 5 && f.restoreMs < 5)}`,
  );
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === '--one') {
    const tape = TAPES.find(t => t.name === args[1])!;
    console.log(JSON.stringify(timeTape(tape, Number(args[2]))));
    return 0;
  }
  if (args[0] === '--check') {
    console.log(JSON.stringify(checkTape(TAPES.find(t => t.name === args[1])!)));
    return 0;
  }
  if (args[0] === '--boot') {
    console.log(JSON.stringify(bootTimes(Number(args[1]))));
    return 0;
  }
  if (args[0] === '--hooks') {
    console.log(JSON.stringify(playHooks(args[1] as HookPlayer, HOOKS_US)));
    return 0;
  }
  if (args[0] === '--sandbox') {
    console.log(JSON.stringify(await benchSandbox(HOOKS_US, Number(args[1]))));
    return 0;
  }
  if (args[0] === '--machine') {
    console.log(JSON.stringify(benchMachine(MACHINE_US)));
    return 0;
  }
  const rounds = args[0] === '--rounds' ? Number(args[1]) : 3;
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error('bench: usage: npm run bench -- [--rounds N], N at least 1');
    return 2;
  }
  const ours: Figures = { speed: new Map(), checksum: new Map() };
  const c: Figures | null = existsSync(C_PROGRAM) ? { speed: new Map(), checksum: new Map() } : null;
  if (c === null)
    console.log('SKIPPED: the C program is not here, so its column is empty and no ratio is made');
  for (const { name } of TAPES) ours.checksum.set(name, JSON.parse(inOwnProcess(['--check', name])));
  for (let round = 0; round < rounds; round++) {
    if (c !== null) runC(c, 0.5);
    for (const { name } of TAPES) keepBest(ours, name, JSON.parse(inOwnProcess(['--one', name, '0.5'])));
  }
  const right = report(ours, c);
  console.log('');
  reportMemory();
  console.log('');
  const same = reportHooks(rounds);
  console.log('');
  reportMachine();
  return right && same ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
