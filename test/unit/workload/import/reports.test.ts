import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTape } from '../../../../src/workload/compile.ts';
import { BrokenLines } from '../../../../src/workload/import/lines.ts';
import { MemInfoReader } from '../../../../src/workload/import/memInfo.ts';
import { FIXTURES, fixture, freeAt, importTexts, planOf, promised } from './imported.ts';

const LOGS = readdirSync(FIXTURES).filter(name => name.endsWith('.log'));

/** All that is read of a log, a line each. */
function summary(name: string): string {
  const broken = new BrokenLines();
  const reader = new MemInfoReader(broken);
  fixture(name)
    .split('\n')
    .forEach((line, i) => {
      reader.line(line, i + 1, name);
    });
  reader.end(name);
  const lines = [`${name}: ${reader.count} reports`];
  for (const { line, request, state, interrupt, repeated } of reader.reports) {
    const asked =
      request === null
        ? 'no failure'
        : `${request.kind} of ${request.comm || 'nobody named'}, order ${request.order}, gfp ${request.gfp || 'untold'}${request.memalloc ? ', PF_MEMALLOC' : ''}`;
    lines.push(
      `  line ${line}: ${asked}${interrupt ? ', in an interrupt' : ''}${repeated > 0 ? `, ${repeated} more` : ''}`,
      `    kernel ${state.version || 'untold'}, ${state.bits} bits, CPUs ${state.cpus}, page ${state.pageKb} kB, RAM ${state.ramPages ?? 'untold'}, high ${state.highPages ?? 'untold'}`,
    );
    for (const { name: zone, node, free, freeKb, minKb, presentKb, managedKb, reserve } of state.zones)
      lines.push(
        `    ${node}/${zone}: free ${freeKb} min ${minKb} present ${presentKb} managed ${managedKb} reserve ${reserve}; ${free?.join(' ') ?? 'no list'}`,
      );
  }
  for (const { line, why } of broken.first) lines.push(`  broken ${line}: ${why}`);
  return `${lines.join('\n')}\n`;
}

/** OOMPH_ACCEPT=1 npx jest test/unit/workload/import/reports writes what is read now, to be held against the logs. */
test('what is read of logs from 2.4 to 6.x', () => {
  const file = join(FIXTURES, 'reports.expected.txt');
  const text = LOGS.map(summary).join('');
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test.each(LOGS)('%s becomes a challenge without a warning', name => {
  const plan = planOf(importTexts({ [name]: fixture(name) }));
  expect(plan.workload.tasks.map(task => task.name)[0]).toBe('earlier');
});

/** Small enough to be played in a test; together they have every zone, and lists that boot, batches and cuts disturb. */
const PLAYED = [
  '2.4.4-atomic.log',
  '2.4-alpha-sysrq.log',
  '2.6.7-protections.log',
  '2.6.12-numa.log',
  '2.6.29-x86_32.log',
  '3.18-arm-highmem.log',
  '4.19-dmesg-T.log',
  '6.1-arm64-64k.log',
];
test.each(PLAYED)('the free lists of %s are those of its machine', name => {
  const imported = importTexts({ [name]: fixture(name) });
  const lists = promised(imported);
  expect(Object.keys(lists).length).toBeGreaterThan(0);
  const free = freeAt(planOf(imported), 900_000);
  const zones = ['DMA', 'Normal', 'HighMem'];
  for (const [zone, blocks] of Object.entries(lists))
    expect([zone, free[zones.indexOf(zone)]]).toEqual([zone, blocks]);
});

test('what does not fit is said, and is little', () => {
  const cut = (name: string) => importTexts({ [name]: fixture(name) }).challenge.notes;
  expect(cut('2.6.12-numa.log')).toEqual([]);
  expect(cut('2.6.29-x86_32.log').join()).toMatch(/1283 single pages are 1282/);
});

test('a refused request is asked for again, and refused again by marks that say so', () => {
  const name = '2.6.29-x86_32.log';
  const failures = (raise: boolean): number => {
    const imported = importTexts({ [name]: fixture(name) }, {}, raise);
    const plan = planOf(imported);
    const asker = plan.workload.tasks[1];
    expect(asker).toMatchObject({
      name: 'kjournald',
      run: [{ kind: 'alloc', order: { value: 2 }, gfp: 0x20 }, {}, {}],
    });
    const tape = compileTape(plan, 1);
    return tape.task.filter((task, row) => task === 1 && tape.timeUs[row] >= 1_000_000).length;
  };
  expect(failures(true)).toBe(20);
  const raised = importTexts({ [name]: fixture(name) }, {}, true).challenge.machine.find(({ text }) =>
    /sysctl/.test(text),
  );
  expect(raised?.inferred).toMatch(/raised from 2872/);
});

test('--report chooses; without it the first failure with free lists', () => {
  const name = '2.6.9-quoted.log';
  const orderOf = (report: number): unknown =>
    planOf(importTexts({ [name]: fixture(name) }, { report })).workload.tasks[1].run[0];
  expect(orderOf(0)).toMatchObject({ order: { value: 1 } });
  expect(orderOf(2)).toMatchObject({ order: { value: 0 } });
  expect(() => importTexts({ [name]: fixture(name) }, { report: 3 })).toThrow(/the log has 2 reports/);
});

test('what is asked for may be said', () => {
  const name = '2.4.19-aa-sysrq.log';
  const imported = importTexts({ [name]: fixture(name) }, { request: { order: 5, gfp: 'GFP_KERNEL' } });
  expect(planOf(imported).workload.tasks[1].run[0]).toMatchObject({ order: { value: 5 }, gfp: 0xd0 });
});
