import {
  boot,
  checkMachine,
  KernelBug,
  P_KILLED,
  P_RSS,
  P_STRIDE,
  restore,
  STAT_ALLOCSTALL,
  STAT_FORKS,
  STAT_KSWAPD_STEAL,
  STAT_OOM_KILLS,
  STAT_PGFAULT,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  STAT_SLABS_SCANNED,
  snapshot,
  stateHash,
} from '../../src/engine/index.ts';
import { compileTape } from '../../src/workload/compile.ts';
import { TapePlayer } from '../../src/workload/player.ts';
import { hungryWorkload, wholeWorkload } from './wholeMachine.ts';

const SEEDS = Number(process.env['OOMPH_SEEDS'] ?? 4);
const FIRST = Number(process.env['OOMPH_FIRST_SEED'] ?? 1);
/** Rows of each run: every one is checked in full. */
const ROWS = Number(process.env['OOMPH_ROWS'] ?? 1500);

const total = new Float64Array(64);

describe.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))('seed %i', seed => {
  const { plan } = wholeWorkload(seed);
  const tape = compileTape(plan, seed);
  const nrOps = Math.min(ROWS, tape.nrOps);

  test('every check holds after every operation', () => {
    const player = new TapePlayer(plan, boot(plan.machine), tape);
    checkMachine(player.machine);
    for (let op = 1; op <= nrOps; op++) {
      try {
        player.playUntil(op);
        checkMachine(player.machine);
      } catch (error) {
        if (error instanceof KernelBug) error.message = `operation ${op - 1}: ${error.message}`;
        throw error;
      }
    }
    player.finish();
    checkMachine(player.machine);
    for (let i = 0; i < total.length; i++) total[i] += player.machine.stat[i];
  });

  test('a run taken up again ends as it would have', () => {
    const player = new TapePlayer(plan, boot(plan.machine), tape);
    const at = Math.floor(nrOps / 3);
    player.playUntil(at);
    const mark = { machine: snapshot(player.machine), player: player.snapshot() };
    player.playUntil(nrOps);
    const hash = stateHash(player.machine);
    const tally = player.tally.column.slice();
    restore(player.machine, mark.machine);
    player.restore(mark.player);
    player.playUntil(nrOps);
    expect(stateHash(player.machine)).toBe(hash);
    expect(player.tally.column).toEqual(tally);
  });
});

test('the runs went where memory is short', () => {
  for (const stat of [STAT_ALLOCSTALL, STAT_KSWAPD_STEAL, STAT_PSWPOUT, STAT_SLABS_SCANNED, STAT_FORKS]) {
    expect(`${stat}: ${total[stat] > 0}`).toBe(`${stat}: true`);
  }
});

test('the OOM killer takes the largest process, its memory comes back, and the others go on', () => {
  const plan = hungryWorkload(0);
  const tape = compileTape(plan, 1);
  const player = new TapePlayer(plan, boot(plan.machine), tape);
  const { machine } = player;
  const vm = machine.vm!;
  const column = (of: number) =>
    Array.from({ length: tape.nrDaemons }, (_, process) => vm.process[process * P_STRIDE + of]);
  let before: number[] = [];
  while (player.op < tape.nrOps && !column(P_KILLED).some(killed => killed !== 0)) {
    before = column(P_RSS);
    player.playUntil(player.op + 1);
    checkMachine(machine);
  }
  // Three small processes, two large ones, and one that is larger: swap there is none, and reclaim finds nothing.
  expect(column(P_KILLED).map(Math.sign)).toEqual([0, 0, 0, 0, 0, 1]);
  expect(before[5]).toBeGreaterThan(machine.nrPages / 5);
  expect(machine.stat[STAT_OOM_KILLS]).toBe(1);
  const faults = machine.stat[STAT_PGFAULT];
  while (player.op < tape.nrOps) {
    player.playUntil(Math.min(tape.nrOps, player.op + 50));
    checkMachine(machine);
  }
  expect(column(P_RSS).slice(3)).toEqual([700, 700, 0]);
  expect(machine.stat[STAT_OOM_KILLS]).toBe(1);
  expect(machine.stat[STAT_PGFAULT] - faults).toBeGreaterThan(1400 - before[3] - before[4] + 1000);
  player.finish();
  checkMachine(machine);
});

test('with swap all of them go on, through memory that comes back from the disk', () => {
  const plan = hungryWorkload(8192);
  const tape = compileTape(plan, 1);
  const player = new TapePlayer(plan, boot(plan.machine), tape);
  const { machine } = player;
  while (player.op < tape.nrOps) {
    player.playUntil(player.op + 1);
    checkMachine(machine);
  }
  player.finish();
  checkMachine(machine);
  expect(machine.stat[STAT_OOM_KILLS]).toBe(0);
  expect(machine.stat[STAT_PSWPOUT]).toBeGreaterThan(2000);
  expect(machine.stat[STAT_PSWPIN]).toBeGreaterThan(2000);
});
