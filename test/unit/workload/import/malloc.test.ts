import { OP_BUFFER, OP_FREE_BUFFER, OP_KFREE, OP_KMALLOC } from '../../../../src/contract/tape.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import type { ImportOptions } from '../../../../src/workload/import/importLog.ts';
import { fixture, importTexts, planOf } from './imported.ts';

/** What the kernel is asked, in order: `+24`, `-` with the place of what it frees. */
function asked(text: string, options: Partial<ImportOptions> = {}): string[] {
  const tape = compileTape(planOf(importTexts({ trace: text }, options)), 1);
  const taken: number[] = [];
  return Array.from({ length: tape.nrOps }, (_, row) => {
    const op = tape.op[row];
    if (op === OP_KMALLOC || op === OP_BUFFER) {
      taken.push(tape.slot[row]);
      return `+${tape.a[row]}`;
    }
    expect([OP_KFREE, OP_FREE_BUFFER]).toContain(op);
    return `-${taken.indexOf(tape.slot[row])}`;
  });
}

test('a trace of the malloc lab, operation by operation', () => {
  expect(asked(fixture('short1-bal.rep')).join(' ')).toBe(
    '+2040 +2040 -1 +48 +4072 -3 +4072 -0 -2 +4072 -4 -5',
  );
});

test('realloc takes the new block and gives back the old, and large ones are buffers', () => {
  expect(asked(fixture('realloc.rep')).join(' ')).toBe('+512 +128 +640 -0 +128 -1 +150000 -2 -3 -4');
});

test('mtrace: places, realloc in two lines', () => {
  expect(asked(fixture('mtrace.txt')).join(' ')).toBe('+24 +1024 +2048 -1 -0');
  const { broken, challenge } = importTexts({ 'mtrace.txt': fixture('mtrace.txt') });
  expect(broken.first).toEqual([
    { file: 'mtrace.txt', line: 7, why: '0xdeadbeef is freed and was not allocated' },
  ]);
  expect(challenge.workload.map(({ text }) => text).join('\n')).toMatch(
    /name: main[\s\S]*name: at-400561[\s\S]*name: realloc/,
  );
});

test('ltrace: calls with anything before them', () => {
  expect(asked(fixture('ltrace.txt')).join(' ')).toBe('+24 +32 +100 -0 -1 -2');
  const { broken } = importTexts({ 'ltrace.txt': fixture('ltrace.txt') });
  expect(broken.first.map(({ line }) => line)).toEqual([5]);
});

test.each([
  ['a 0 8\na 0 8\n', 'id 0 is held already'],
  ['a 0 8\nf 1\n', 'id 1 is freed and was not allocated'],
  ['a 0 8\nr 1 8\n', 'id 1 is not held'],
  ['a 0 8\nx 1\n', 'neither a (allocate), r (reallocate) nor f (free)'],
  ['a 0 8\na 1\n', 'a needs a size'],
  ['a 0 8\na 1 99999999999\n', '99999999999 bytes'],
])('a broken trace %j', (text, why) => {
  const { broken } = importTexts({ trace: text });
  expect(broken.first).toEqual([{ file: 'trace', line: 2, why }]);
});

test('a header that does not agree is told', () => {
  const { challenge } = importTexts({ trace: '20000\n1\n3\n1\na 0 8\nf 0\n' });
  expect(challenge.head.header).toContain('Not as in its header: 2 operations could be read.');
});
