import { join } from 'node:path';
import { SessionRun } from '../../../../src/cli/play/sessionRun.ts';
import { Session } from '../../../../src/harness/session.ts';
import { loadChallenge } from '../../../../src/spec/load.ts';
import { compileTape } from '../../../../src/workload/compile.ts';

const FILE = join(__dirname, '..', '..', '..', 'fixtures', 'play', 'zones', '01-starving', 'challenge.yaml');

function start(): SessionRun {
  const { plan } = loadChallenge(FILE);
  const session = new Session(plan!, compileTape(plan!, 1), null, 1);
  session.seek(session.nrOps);
  session.seek(0);
  return new SessionRun(plan!, session.tape, null, session);
}

test('a step says what it did and which block it was about', () => {
  const run = start();
  expect(run.lastOp).toBeNull();
  run.step(1);
  const first = run.lastOp!;
  expect(first.text).toMatch(/^editor: alloc_pages\(GFP_KERNEL, 3\) = pfn 0x[0-9a-f]{5} in Normal$/);
  expect(run.machine.tag[first.pfn]).toBeGreaterThanOrEqual(0);
  expect(first.order).toBe(3);
});

test('a step over a free names the block that was given back; a seek to the same place says the same', () => {
  const run = start();
  while (!run.lastOp?.text.includes('__free_pages(pfn')) run.step(1);
  const { op, lastOp } = run;
  expect(lastOp!.pfn).toBeGreaterThanOrEqual(0);
  expect(lastOp!.order).toBe(9);
  run.seek(0);
  run.seek(op);
  expect(run.lastOp).toEqual(lastOp);
  run.step(10);
  run.seek(op);
  expect(run.lastOp).toEqual(lastOp);
});

test('a step of nothing and a step past the end do nothing', () => {
  const run = start();
  run.step(0);
  expect(run.op).toBe(0);
  run.seek(run.nrOps + 5);
  expect([run.op, run.done, run.timeUs]).toEqual([run.nrOps, true, run.lengthUs]);
  run.step(3);
  expect(run.op).toBe(run.nrOps);
});

test('times on the tape and operations go together', () => {
  const run = start();
  expect(run.opsUntil(-1)).toBe(0);
  expect(run.opsUntil(run.lengthUs)).toBe(run.nrOps);
  const half = run.opsUntil(run.lengthUs / 2);
  run.seek(half);
  expect(run.timeUs).toBeLessThanOrEqual(run.lengthUs / 2);
  run.step(1);
  expect(run.timeUs).toBeGreaterThan(run.lengthUs / 2);
});

test('a goal over a total is lost as soon as it is over its limit, and never before', () => {
  const run = start();
  run.seek(run.marks.op[run.tellingMark]);
  expect(run.goals[0]).toMatchObject({ held: false, lost: true });
  run.seek(0);
  expect(run.goals[0]).toMatchObject({ held: true, lost: false });
  expect(run.log).toEqual([]);
});
