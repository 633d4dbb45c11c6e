/** `oomph lint --prove` on small challenges; those that come with oomph are proven by .ci/run. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pty from '@lydell/node-pty';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { BIN, oomph, ROOT, temporaryFolder, writeChallenge } from './oomph.ts';

jest.setTimeout(300_000);

/** ZONE_NORMAL fills up, Linux falls back into ZONE_DMA, and the sound card gets nothing. */
const starved = (id: string): string => `challenge: 1
id: ${id}
title: Starved
story: |
  A sound card needs ZONE_DMA.
machine: {arch: i386, ram: 24MiB}
workload:
  length: 1s
  tasks:
    - name: sb16
      context: hardirq
      active: {from: 700ms}
      arrive: {poisson: 50/s}
      run:
        - alloc_pages: {as: ring, order: 8, gfp: [GFP_ATOMIC, GFP_DMA]}
        - hold: 5ms
        - free_pages: ring
    - name: cache
      owner: page_cache
      active: {until: 600ms}
      arrive: {every: 1ms}
      run:
        - repeat: {times: 10, run: [{alloc_page: {as: page, gfp: [GFP_KERNEL, __GFP_NORETRY]}}]}
goal:
  - {metric: page_alloc.failures, where: {task: sb16}, at_most: 0}
score:
  - {metric: cycles, par: 900M, gold: 800M}
stars: {reference: 3, naive: 0, empty: 0, linux: 0}
policy: {hooks: [zonelist], reference: reference.ts, naive: naive.ts}
hints: [one, three, eleven]
explanation: |
  Linux falls back.
`;

const policyOf = (zonelist: string): string =>
  `import { definePolicy } from 'oomph';\nexport default definePolicy({ zonelist: (request, mem) => ${zonelist} });\n`;
const KEEP_OUT = policyOf('(request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY)');
const NAIVE = policyOf('mem.AS_LINUX');

function write(folder: string, text: string, reference = KEEP_OUT, naive = NAIVE): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'reference.ts'), reference);
  writeFileSync(join(folder, 'naive.ts'), naive);
  return writeChallenge(folder, text);
}

test('a collection in several processes: each challenge in its order, byte by byte as in one', () => {
  const folder = temporaryFolder();
  write(join(folder, '01-sound'), starved('a/sound'));
  // Everything that can be wrong with a proof, once.
  write(
    join(folder, '02-broken'),
    starved('a/broken')
      .replace('hooks: [zonelist]', 'hooks: [zonelist, pcp]')
      .replace('[one, three, eleven]', '[eleven, three, one]')
      .replace('gold: 800M', 'gold: 1'),
    policyOf('request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : request.event === 5 ? 0x777 : mem.NORMAL_ONLY'),
    KEEP_OUT,
  );
  write(join(folder, '03-sound'), starved('a/sound-too'));
  const prove = (jobs: string) => oomph(['lint', folder, '--prove', '--seeds', '1-5', '--jobs', jobs]);
  const { code, out, err } = prove('2');
  expect(err).toBe('');
  const proofs = out.slice(out.indexOf('\nproven') + 1);
  const usual = '  won of 5 seeds: reference 5 (3 stars), naive 0, empty 0, linux 0';
  const lines = proofs.split('\n').filter(line => !/cycles|min +median/.test(line));
  const broken = join(folder, '02-broken', 'challenge.yaml');
  expect(lines).toEqual([
    'proven  a/sound',
    usual,
    'not proven  a/broken',
    expect.stringMatching(/^ {2}! the naive policy gets 2 stars on 5 of 5 seeds, not 0 stars: oomph run /),
    expect.stringContaining(
      `  ! the reference policy breaks a rule on 5 of 5 seeds: oomph run ${broken} --policy reference --seed 1 (reference.ts:2: `,
    ),
    '  ! the hook pcp is open, and the reference policy does not decide it',
    '  ! W-HINT-ORDER at 30:17: this hint is no longer than the one before it',
    '  ! W-HINT-ORDER at 30:24: this hint is no longer than the one before it',
    '  won of 5 seeds: reference 5 (2 stars), naive 5 (2 stars), empty 0, linux 0',
    'proven  a/sound-too',
    usual,
    '',
  ]);
  expect(proofs).toMatch(
    /\n {2}! the reference policy gets 2 stars on 5 of 5 seeds, not 3 stars: .* \(cycles is \d+, gold is 1\)\n/,
  );
  expect(proofs).toMatch(
    /\n {2}reference +min +median +max +spread\n {2}cycles +[\d,]+ +[\d,]+ +[\d,]+ +\d+% {2}par 900,000,000, gold 800,000,000\n/,
  );
  expect(code).toBe(1);
  expect(prove('1')).toEqual({ code, out, err });
});

test('for programs, as schemas/proof.schema.json says', () => {
  const file = write(temporaryFolder(), starved('a/sound').replace('naive: 0', 'naive: 1'));
  const { code, out } = oomph(['lint', file, '--prove', '--seeds', '3,4', '--json']);
  const proof = JSON.parse(out);
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', 'proof.schema.json'), 'utf8'));
  const validate = new Ajv2020().compile(schema);
  expect([validate(proof), validate.errors]).toEqual([true, null]);
  expect(proof).toMatchObject({
    seeds: [3, 4],
    nrProven: 0,
    nrNotProven: 1,
    challenges: [
      {
        challenge: 'a/sound',
        proven: false,
        stars: { naive: [1, 1] },
        policies: { reference: { nrWon: 2, fewestStars: 3, spread: [{ metric: 'cycles' }] } },
        problems: [expect.stringContaining('the naive policy gets 0 stars on 2 of 2 seeds, not 1 star')],
      },
    ],
    diagnostics: [],
  });
  expect(code).toBe(1);
});

/** A process and all that come from it, whatever group they are in, by their ids. */
function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z' && state !== 'X') parents.set(Number(entry), Number(parent));
    } catch {
      // It ended while the list was read.
    }
  }
  const members = [pid];
  for (const member of members)
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  return members.filter(member => parents.has(member));
}

const isThere = (pid: number): boolean => family(pid).length > 0;

/** All that a test has started: none is left, whatever it shows. */
const started = new Set<number>();

afterEach(() => {
  for (const pid of started) if (isThere(pid)) process.kill(pid, 'SIGKILL');
  started.clear();
});

/** It and all that plays for it, once they are at it. */
async function busy(pid: number): Promise<number[]> {
  started.add(pid);
  await until(() => family(pid).length >= BUSY);
  const members = family(pid);
  for (const member of members) started.add(member);
  return members;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1200 && !condition(); i++) await new Promise(resolve => setTimeout(resolve, 50));
  expect(condition()).toBe(true);
}

const onLinux = process.platform === 'linux' ? test : test.skip;
const LONG = ['lint', 'zones/the-sound-card', '--prove', '--seeds', '1-500', '--jobs', '2'];
/** Itself, two that play, and at least one sandbox. */
const BUSY = 4;

onLinux('Ctrl-C ends it at once and leaves no process', async () => {
  const terminal = pty.spawn(process.execPath, [BIN, ...LONG], { cols: 80, rows: 24, cwd: ROOT });
  let said = '';
  terminal.onData(data => {
    said += data;
  });
  const exit = new Promise<number>(resolve => terminal.onExit(({ exitCode }) => resolve(exitCode)));
  const members = await busy(terminal.pid);
  await until(() => said.includes('0 of 1 challenge, '));
  terminal.write('\x03');
  expect(await exit).toBe(130);
  expect(said).not.toContain('proven');
  await until(() => !members.some(isThere));
});

onLinux('when it is killed those that play for it end too', async () => {
  const child = spawn(process.execPath, [BIN, ...LONG], { cwd: ROOT, stdio: 'ignore' });
  const members = await busy(child.pid!);
  child.kill('SIGKILL');
  await until(() => !members.some(isThere));
});

onLinux('when one of those that play is killed it says what to do, and the others end', async () => {
  const child = spawn(process.execPath, [BIN, ...LONG], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', data => {
    said += data;
  });
  const exit = new Promise<number | null>(resolve => child.on('exit', resolve));
  const members = await busy(child.pid!);
  process.kill(members[1], 'SIGKILL');
  expect(await exit).toBe(3);
  expect(said).toBe(
    'oomph: a process that played zones/the-sound-card ended by SIGKILL: free some memory, or try again with --jobs 1\n',
  );
  await until(() => !members.some(isThere));
});
