/** What the process around the realm still stops when a policy has broken out of it, and what the harness makes of a process that lies. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { childArguments, startChild, wrappersLeft } from '../../src/harness/sandbox/childProcess.ts';
import { Sandbox, SandboxError, type SandboxOptions } from '../../src/harness/sandbox/client.ts';
import {
  FRAME_DECISIONS,
  FRAME_DONE,
  FRAME_LOADED,
  FRAME_NEED,
  FRAME_READY,
  FrameReader,
} from '../../src/harness/sandbox/frames.ts';
import { isFailure, planOf, sourceOf, tapeOf } from './sandboxed.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-hostile-'));
const server: Server = createServer(socket => socket.destroy());

beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  await new Promise(resolve => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const NODE = { node: { path: process.execPath, version: process.versions.node }, heapMiB: 256 };

/** The frame on fd 3, as JSON. */
function firstReport(child: ReturnType<typeof spawn>): Promise<Record<string, string>> {
  const reader = new FrameReader(1 << 20);
  return new Promise((resolve, reject) => {
    child.stdio[3]!.on('data', (bytes: Buffer) => {
      for (const { payload } of reader.push(bytes)) resolve(JSON.parse(new TextDecoder().decode(payload)));
    });
    child.stderr?.on('data', (bytes: Buffer) => reject(new Error(bytes.toString())));
    child.on('error', reject);
  });
}

describe('code that has broken out of its realm', () => {
  const file = join(folder, 'escaped.mjs');
  const scratch = join(folder, 'written');
  let sandboxed: Record<string, string>;
  let free: Record<string, string>;
  let wrapped = false;

  beforeAll(async () => {
    const { port } = server.address() as AddressInfo;
    const told = JSON.stringify([join(__dirname, 'cases.ts'), scratch, port]);
    buildSync({
      entryPoints: [join(__dirname, 'escapedChild.ts')],
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile: file,
      define: { 'process.argv': JSON.stringify(['', '', told]) },
    });
    const control = spawn(process.execPath, [file], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { HOME: '/x' },
    });
    free = await firstReport(control);
    rmSync(scratch, { force: true });
    const [wrapper] = await workingWrappers(file);
    wrapped = wrapper.length > 5;
    sandboxed = await firstReport(startChild(wrapper, { ...NODE, file }));
  }, 30_000);

  /** Those that start anything here. */
  async function workingWrappers(child: string): Promise<string[][]> {
    const found: string[][] = [];
    for (const wrapper of wrappersLeft()) {
      const probe = await firstReport(startChild(wrapper, { ...NODE, file: child })).catch(() => null);
      if (probe !== null) found.push([...wrapper]);
    }
    return found;
  }

  test.each([
    'read a file',
    'list a folder',
    'write a file',
    'start a process',
    'start a thread',
    'make code of a string',
    'eval',
    'see the environment',
  ])('cannot %s, which a free process can', name => {
    expect(free[name]).toMatch(/^worked/);
    expect(sandboxed[name]).toMatch(/^failed/);
    expect(existsSync(scratch)).toBe(false);
  });

  test('cannot connect where the system lets the network be taken away', () => {
    expect(free['connect']).toMatch(/^worked/);
    if (wrapped) expect(sandboxed['connect']).toMatch(/^failed/);
  });

  test('finds nothing of Node once the process is scrubbed', () => {
    const after = Object.entries(sandboxed).filter(([name]) => name.endsWith(' after'));
    // process.permission cannot be removed; it answers questions and grants nothing.
    expect(after.filter(([, type]) => type !== 'undefined').map(([name]) => name)).toEqual([
      'process.permission after',
    ]);
    expect(after.length).toBeGreaterThan(20);
    expect(sandboxed['process.kill before']).toBe('function');
    expect(sandboxed['fetch before']).toBe('function');
  });
});

test('the child gets the permission model, a heap limit and no code from strings', () => {
  const flags = (version: string) => childArguments({ ...NODE, node: { path: 'node', version } });
  for (const version of ['20.11.0', '22.12.0', '23.4.0'])
    expect(flags(version)).toContain('--experimental-permission');
  for (const version of ['22.13.0', '23.5.0', '24.0.0']) expect(flags(version)).toContain('--permission');
  const args = flags('22.13.0');
  expect(args).toContain('--disallow-code-generation-from-strings');
  expect(args).toContain('--max-old-space-size=256');
  expect(args.filter(a => a.startsWith('--allow-'))).toHaveLength(1);
});

/** Processes of a group that still run; those that only wait to be buried are left out. */
function running(group: number): number {
  if (process.platform !== 'linux') {
    try {
      return process.kill(-group, 0) ? 1 : 0;
    } catch {
      return 0;
    }
  }
  let found = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(pgrp) === group && state !== 'Z' && state !== 'X') found++;
    } catch {
      // It ended while the list was read.
    }
  }
  return found;
}

/** A child that says READY and then, to each frame that comes, what `reply` makes of its type. */
function liar(name: string, reply: string): SandboxOptions {
  const file = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`);
  writeFileSync(
    file,
    `import { writeSync, readSync } from 'node:fs';
const frame = (type, payload) => { const b = Buffer.from(payload); const h = Buffer.alloc(5); h.writeUInt32LE(b.length); h[4] = type; return Buffer.concat([h, b]); };
const say = (type, payload) => { const b = frame(type, payload); for (let at = 0; at < b.length; ) { try { at += writeSync(3, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; } } };
const json = (type, value) => say(type, JSON.stringify(value));
const READY = ${FRAME_READY}, LOADED = ${FRAME_LOADED}, NEED = ${FRAME_NEED}, DECISIONS = ${FRAME_DECISIONS}, DONE = ${FRAME_DONE};
const info = { hooks: ['zonelist'], tokens: 1, hash: 'f' };
const done = { faults: [], nrFaults: 0, console: [], consoleDropped: 0, fuelUsed: 0, end: 'done', nrOps: 16, nrDecisions: 0 };
json(READY, {});
process.stdin.on('data', bytes => { const type = bytes[4]; ${reply} });
`,
  );
  return { childFile: file, runMs: 1500, loadMs: 1500 };
}

async function loadWith(options: SandboxOptions, allowed: 'zonelist'[] = ['zonelist']): Promise<string> {
  const sandbox = await Sandbox.start(options);
  try {
    const loaded = await sandbox.load(
      sourceOf('export default { zonelist() { return 1; } };'),
      planOf({ hooks: allowed }),
    );
    return loaded.ok
      ? `loaded ${loaded.info.tokens} ${loaded.info.hash}`
      : `refused ${loaded.diagnostics[0].message}`;
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return error.failure.reason;
  } finally {
    await sandbox.close();
  }
}

async function runWith(options: SandboxOptions): Promise<string> {
  const sandbox = await Sandbox.start(options);
  try {
    await sandbox.load(sourceOf('export default { zonelist() { return 1; } };'), planOf());
    const run = await sandbox.run(planOf(), tapeOf(8));
    return isFailure(run) ? run.reason : `ran ${run.decisions.length}`;
  } finally {
    await sandbox.close();
  }
}

describe('a process that lies', () => {
  const LOAD = `if (type === 1) return json(LOADED, { ok: true, info });`;

  test('control: one that tells the truth is believed', async () => {
    const reply = `${LOAD} if (type === 2) return json(NEED, {}); say(DECISIONS, Buffer.alloc(8)); json(DONE, { ...done, nrDecisions: 2 });`;
    expect(await runWith(liar('truth', reply))).toBe('ran 2');
  });

  test('size and hash of the policy are never taken from it', async () => {
    const info = await loadWith(liar('info', LOAD));
    expect(info).toMatch(/^loaded 13 [0-9a-f]{16}$/);
  });

  test.each([
    [
      'bytes that are no frame',
      `process.stdout.write('x'); writeSync(3, Buffer.alloc(64, 255));`,
      'protocol',
    ],
    ['a frame of 4 GiB', `const h = Buffer.alloc(5, 255); writeSync(3, h);`, 'protocol'],
    ['text that is no JSON', `say(LOADED, 'nonsense');`, 'protocol'],
    ['JSON that is no report', `json(LOADED, [1, 2]);`, 'protocol'],
    [
      'a hook that the challenge does not have',
      `json(LOADED, { ok: true, info: { hooks: ['pcp'] } });`,
      'protocol',
    ],
    ['a hook twice', `json(LOADED, { ok: true, info: { hooks: ['zonelist', 'zonelist'] } });`, 'protocol'],
    ['refused without a reason', `json(LOADED, { ok: false, diagnostics: [] });`, 'protocol'],
    ['a wrong frame', `json(DONE, done);`, 'protocol'],
    ['silence', '', 'timeout'],
    ['death', `process.exit(7);`, 'crashed'],
  ])('loading: %s', async (name, reply, reason) => {
    expect(await loadWith(liar(`load ${name}`, reply))).toBe(reason);
  });

  test('a diagnostic cannot steer the terminal', async () => {
    const diagnostic = `{ code: 'E', severity: 'error', file: 'p', line: 1, column: 1, length: 1, message: '\\u001b[2J\\u202egone' }`;
    expect(await loadWith(liar('ansi', `json(LOADED, { ok: false, diagnostics: [${diagnostic}] });`))).toBe(
      'refused \ufffd[2J\ufffdgone',
    );
  });

  test.each([
    ['fewer decisions than it says', `json(DONE, { ...done, nrDecisions: 5 });`, 'protocol'],
    ['operations that were never sent', `json(DONE, { ...done, nrOps: 17 });`, 'protocol'],
    ['rows beyond the end', `json(NEED, {});`, 'protocol'],
    ['half a decision', `say(DECISIONS, Buffer.alloc(6));`, 'protocol'],
    ['empty decisions without end', `for (;;) say(DECISIONS, Buffer.alloc(0));`, 'protocol'],
    ['decisions without end', `for (;;) say(DECISIONS, Buffer.alloc(1 << 20));`, 'timeout'],
    ['small decisions without end', `for (;;) say(DECISIONS, Buffer.alloc(4));`, 'timeout'],
    ['a fault that is none', `json(DONE, { ...done, nrFaults: 1, faults: [{ code: 'won' }] });`, 'protocol'],
    ['counts below nothing', `json(DONE, { ...done, fuelUsed: -1 });`, 'protocol'],
    ['a loop', `for (;;) {}`, 'timeout'],
  ])(
    'running: %s',
    async (name, reply, reason) => {
      const first = `${LOAD} `;
      expect(await runWith(liar(`run ${name}`, first + reply))).toBe(reason);
    },
    15_000,
  );

  test.each([
    ['DONE a second time', `json(DONE, done);`],
    ['rows asked for', `json(NEED, {});`],
    ['decisions', `say(DECISIONS, Buffer.alloc(16));`],
    ['decisions without end', `for (;;) say(DECISIONS, Buffer.alloc(4 << 20));`],
  ])(
    'after DONE: %s',
    async (name, reply) => {
      const first = `${LOAD} if (type === 2) return json(NEED, {}); json(DONE, done);`;
      const sandbox = await Sandbox.start(liar(`after ${name}`, `${first} ${reply}`));
      await sandbox.load(sourceOf('export default { zonelist() { return 1; } };'), planOf());
      const before = process.memoryUsage().arrayBuffers;
      expect(await sandbox.run(planOf(), tapeOf(8))).toMatchObject({ end: 'done', nrOps: 16 });
      await new Promise(resolve => setTimeout(resolve, 700));
      // What nobody has asked for waits in the child.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
      const second = await sandbox.run(planOf(), tapeOf(8));
      expect(isFailure(second) && second.reason).toBe('protocol');
      await sandbox.close();
    },
    15_000,
  );

  test.each([
    [
      'a frame that never ends',
      `writeSync(3, Buffer.from([255, 255, 0, 0, DECISIONS, 1, 2, 3]));`,
      'timeout',
    ],
    [
      'a frame a byte at a time',
      `writeSync(3, Buffer.from([255, 255, 0, 0, DECISIONS])); setInterval(() => writeSync(3, Buffer.from([1])), 20);`,
      'timeout',
    ],
    ['a decision now and then', `setInterval(() => say(DECISIONS, Buffer.alloc(4)), 20);`, 'timeout'],
    [
      'a frame one byte too long',
      `const h = Buffer.alloc(5); h.writeUInt32LE(4194305); writeSync(3, h);`,
      'protocol',
    ],
    ['lists in lists', `say(DONE, '['.repeat(1 << 20));`, 'protocol'],
    ['an end without its process', `say(DECISIONS, Buffer.alloc(8)); process.exit(0);`, 'crashed'],
  ])(
    'frames: %s',
    async (name, reply, reason) => {
      expect(await runWith(liar(`frames ${name}`, `${LOAD} ${reply}`))).toBe(reason);
    },
    15_000,
  );

  test('stderr without end costs nothing', async () => {
    const reply = `for (let i = 0; i < 2000; i++) process.stderr.write('x'.repeat(10000)); json(LOADED, { ok: true, info });`;
    expect(await loadWith(liar('stderr', reply))).toMatch(/^loaded/);
  });

  test('after a failure nothing of the process is left', async () => {
    const sandbox = await Sandbox.start({ ...liar('stubborn', 'for (;;) {}'), loadMs: 300 });
    const { pid } = sandbox;
    expect(running(pid)).toBeGreaterThan(0);
    await expect(sandbox.load(sourceOf(''), planOf())).rejects.toThrow('did not answer in time');
    await sandbox.close();
    for (let i = 0; i < 50 && running(pid) > 0; i++) await new Promise(resolve => setTimeout(resolve, 20));
    expect(running(pid)).toBe(0);
  });

  test('killed from outside: said as such', async () => {
    const sandbox = await Sandbox.start(liar('victim', ''));
    setTimeout(() => process.kill(-sandbox.pid, 'SIGKILL'), 100);
    const run = await sandbox.run(planOf(), tapeOf(8));
    expect(isFailure(run) && run.reason).toBe('killed');
    await sandbox.close();
  });
});

test('a memory bomb that the budget does not see costs the child its life, never the parent', async () => {
  const text = `const all = []; export default { zonelist(request, mem) { for (;;) all.push(new Array(100000).fill(1.5)); } };`;
  const sandbox = await Sandbox.start({ heapMiB: 64 });
  const plan = planOf({ memoryBytes: 1 << 30, fuelPerCall: 1_000_000_000, fuelPerRun: 1_000_000_000 });
  await sandbox.load(sourceOf(text), plan);
  const run = await sandbox.run(plan, tapeOf(8));
  await sandbox.close();
  expect(isFailure(run) && run.reason === 'crashed' && run.message).toMatch(/out of memory/);
}, 30_000);
