import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { challengeYaml, oomph, temporaryFolder, writeChallenge } from './oomph.ts';

const POLICY = `import { definePolicy } from 'oomph';
export default definePolicy({ zonelist: (request, mem) => mem.DMA_ONLY });
`;

const folder = temporaryFolder();
const plain = writeChallenge(folder);
mkdirSync(join(folder, 'slab'));
const slab = writeChallenge(
  join(folder, 'slab'),
  challengeYaml()
    .replace('{arch: i386, ram: 32MiB}', '{arch: i386, ram: 64MiB, slab: true, boot: real}')
    .replace('tests/a-small-one', 'tests/with-slabs'),
);

function proc(...args: string[]): string {
  const { code, out, err } = oomph(['proc', ...args]);
  expect([code, err]).toEqual([0, '']);
  return out;
}

test.each([
  'buddyinfo',
  'kmap',
  'meminfo',
  'slabinfo',
  'sysrq-m',
  'vmallocinfo',
  'vmstat',
  'zoneinfo',
  'events',
])('%s of a run, the same twice', view => {
  const text = proc(view, slab);
  expect(text === '').toBe(view === 'vmallocinfo');
  expect(proc(view, slab)).toBe(text);
});

test('at the boot, at an event, at a time, at the end', () => {
  const end = proc('vmstat', plain);
  const value = (text: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  const boot = proc('vmstat', plain, '--at', 'boot');
  expect(value(boot, 'pgfree')).toBe(8192);
  expect(value(boot, 'pgalloc')).toBe(0);
  expect(value(proc('vmstat', plain, '--at', '0'), 'pgalloc')).toBe(4);
  const half = value(proc('vmstat', plain, '--at-time', '2.5s'), 'pgalloc');
  expect(half).toBeGreaterThan(4);
  expect(half).toBeLessThan(value(end, 'pgalloc'));
  expect(proc('vmstat', plain, '--at-time', '5s')).toBe(end);
  expect(proc('buddyinfo', plain, '--seed', '2')).not.toBe(proc('buddyinfo', plain, '--seed', '1'));
});

test('the state at a failure is that of the verdict', () => {
  const verdict = JSON.parse(oomph(['run', plain, '--seed', '1', '--json']).out);
  const failure = verdict.seeds[0].failures[0];
  const text = proc('sysrq-m', plain, '--seed', '1', '--at', String(failure.event));
  for (const line of failure.kernelLog.slice(1)) expect(text.split('\n')).toContain(line);
});

test('with a policy', () => {
  const policy = join(folder, 'policy.ts');
  writeFileSync(policy, POLICY);
  const alone = proc('zoneinfo', plain, '--at-time', '2s');
  const text = proc('zoneinfo', plain, '--at-time', '2s', '--policy', policy);
  expect(text.split('zone')).not.toEqual(alone.split('zone'));
  const broken = join(folder, 'broken.ts');
  writeFileSync(broken, 'export default 1 +;');
  expect(oomph(['proc', 'zoneinfo', plain, '-p', broken]).code).toBe(2);
});

test('events as a shell script reads them', () => {
  const path = join(folder, 'trace');
  writeFileSync(path, proc('events', plain, '--at-time', '3s'));
  const awk = (script: string): number =>
    Number(spawnSync('awk', [script, path], { encoding: 'utf8' }).stdout.trim());
  const pages = awk('/mm_page_alloc:/ { n++; sub(/.*order=/, ""); s += 2 ^ $1 } END { print s }');
  const vmstat = proc('vmstat', plain, '--at-time', '3s');
  expect(pages).toBe(Number(/^pgalloc (\d+)$/m.exec(vmstat)?.[1]));
  const all = proc('events', plain).trimEnd().split('\n');
  expect(proc('events', plain, '--last', '3').trimEnd().split('\n')).toEqual(all.slice(-3));
  expect(proc('events', plain, '--last', '0')).toBe('');
});

test.each([
  [['slabinfo', plain], 'add `slab: true`'],
  [['slabinf', plain], 'did you mean slabinfo?'],
  [['nothing-like-it', plain], 'there is buddyinfo'],
  [['meminfo', plain, '--at', '99999999'], 'this run has'],
  [['meminfo', plain, '--at', '-1'], 'whole number'],
  [['meminfo', plain, '--at', 'noon'], 'whole number'],
  [['meminfo', plain, '--at-time', '6s'], 'behind the end'],
  [['meminfo', plain, '--at-time', '6'], 'is no time'],
  [['meminfo', plain, '--at-time', '1s', '--at', '3'], 'cannot be used with'],
  [['meminfo', plain, '--seed', '1,2'], 'one seed'],
  [['meminfo', plain, '--last', '3'], '--last is for events'],
  [['meminfo', join(folder, 'nowhere.yaml')], 'no challenge'],
  [['meminfo'], 'missing required argument'],
])('proc %j is refused with the reason', (args, reason) => {
  const { code, out, err } = oomph(['proc', ...args]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(reason);
});

describe("Debian's procps reads the views", () => {
  const has = (command: string): boolean =>
    spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).status === 0;
  const root = process.getuid?.() === 0 ? '-m' : '-rm';
  const mayMount =
    process.platform === 'linux' &&
    spawnSync('unshare', [root, 'sh', '-c', 'mount --bind /dev/null /proc/slabinfo']).status === 0;
  const missing = ['slabtop', 'vmstat', 'free', 'unshare'].filter(command => !has(command));
  const why =
    missing.length > 0 ? `no ${missing.join(', ')} here` : mayMount ? '' : 'no mount namespace here';
  // The reason stands in the name of a skipped test.
  const run = why === '' ? test : test.skip;

  /** What a tool prints that sees our text in the place of a file of /proc. */
  function inNamespace(view: string, command: string): string {
    const file = join(folder, view);
    writeFileSync(file, proc(view, slab, '--at-time', '3s'));
    const script = `mount --bind "$0" /proc/${view} && exec ${command}`;
    const done = spawnSync('unshare', [root, 'sh', '-c', script, file], { encoding: 'utf8' });
    expect([done.status, done.stderr]).toEqual([0, '']);
    return done.stdout;
  }

  run(`slabtop -o ${why}`, () => {
    const printed = inNamespace('slabinfo', 'slabtop -o');
    for (const name of ['kmem_cache', 'size-32', 'size-512', 'size-131072(DMA)'])
      expect(printed).toMatch(new RegExp(`\\b${name.replace(/[()]/g, '\\$&')}`));
    // Objects and size of kmem_cache: 33 a slab of 4K.
    expect(printed).toMatch(/^ +33 +\d+ +\d+% +0\.1\dK +1 +33 +4K kmem_cache/m);
  });

  run(`vmstat -m ${why}`, () => {
    const rows = inNamespace('slabinfo', 'vmstat -m -n').trimEnd().split('\n').slice(1);
    const ours = proc('slabinfo', slab, '--at-time', '3s').trimEnd().split('\n').slice(2);
    expect(rows.length).toBe(ours.length);
    // Name, used, total, size, pages (a slab has so many objects).
    const numbers = (line: string): string[] => line.trim().split(/ +/).slice(0, 5);
    expect(rows.map(numbers).sort()).toEqual(ours.map(numbers).sort());
  });

  run(`free ${why}`, () => {
    const [, mem, swap] = inNamespace('meminfo', 'free -k').split('\n');
    const info = proc('meminfo', slab, '--at-time', '3s');
    const of = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(info)?.[1]);
    expect(mem.split(/ +/).slice(1, 4).map(Number)).toEqual([
      of('MemTotal'),
      of('MemTotal') - of('MemFree'),
      of('MemFree'),
    ]);
    expect(swap.split(/ +/).slice(1).map(Number)).toEqual([0, 0, 0]);
  });

  run(`vmstat -s ${why}`, () => {
    const info = proc('meminfo', slab, '--at-time', '3s');
    const total = /^MemTotal: +(\d+) kB$/m.exec(info)?.[1];
    expect(inNamespace('meminfo', 'vmstat -s')).toContain(`${total} K total memory`);
  });
});
