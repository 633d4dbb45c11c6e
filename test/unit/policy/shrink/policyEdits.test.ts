import { edited, isLess, type PolicyEdit, partsOf } from '../../../../src/policy/shrink/policyEdits.ts';

const TYPED = `import { definePolicy, type Memory, type Request } from 'oomph';

/** How often order 5 was asked for. */
let seen: number = 0;
// Pages that stay free.
const KEPT = 1_000; // of all

export default definePolicy({
  /** Counts. */
  zonelist(request: Request, mem: Memory): number {
    // The one.
    if ((request.order as number) === 5) seen += 1;
    else seen = 0;
    return seen > KEPT ? mem.DMA_ONLY : mem.AS_LINUX;
  },
  // Answers.
  block: (request, mem) => { return request.linux; },
});
`;

const parts = (text: string, path = 'p.ts') => partsOf({ path, text })!;
const without = (text: string, edit: PolicyEdit): string => edited(text, [edit]);

test('what is left out takes its comments with it, and nothing of its neighbours', () => {
  const [program, hooks, body] = parts(TYPED).lists;
  expect(program).toHaveLength(4);
  const noCount = without(TYPED, program[1]);
  expect(noCount).not.toMatch(/How often|let seen/);
  expect(noCount).toContain("oomph';\n\n// Pages that stay free.\nconst KEPT");
  expect(without(TYPED, program[2])).not.toMatch(/Pages|KEPT = |of all/);
  expect(without(TYPED, hooks[0])).toContain('definePolicy({\n  // Answers.\n  block:');
  expect(without(TYPED, hooks[1])).toMatch(/AS_LINUX;\n {2}\},\n\}\);\n$/);
  expect(without(TYPED, body[0])).toContain('number {\n    return seen > KEPT');
  expect(edited(TYPED, [program[1], program[2], hooks[1]])).toBe(
    TYPED.replace(/\/\*\* How[\s\S]*of all\n\n/, '').replace(/ {2}\/\/ Answers[\s\S]*linux; \},\n/, ''),
  );
});

test('every change is of the text as it was written, types and all, whatever ends its lines', () => {
  for (const text of [TYPED, TYPED.replaceAll('\n', '\r\n')]) {
    const changed = parts(text).simpler.map(edit => `${text.slice(edit.from, edit.to)} => ${edit.text}`);
    expect(changed).toEqual(
      expect.arrayContaining([
        '1_000 => 0',
        '1_000 => 1',
        '1_000 => 500',
        '(request.order as number) === 5 => 5',
        'seen > KEPT ? mem.DMA_ONLY : mem.AS_LINUX => mem.AS_LINUX',
        'seen > KEPT ? mem.DMA_ONLY : mem.AS_LINUX => mem.DMA_ONLY',
        'request.linux => mem.AS_LINUX',
        '{ return request.linux; } => request.linux',
      ]),
    );
    const branch = changed.filter(change => change.startsWith('if ('));
    expect(branch.map(change => change.split(' => ')[1])).toEqual(['seen += 1;', 'seen = 0;']);
  }
});

test('parentheses go with what they held together, and blocks are closed', () => {
  const text = 'export default {\n  block: (r, mem) => (r.order ? r.linux : f(r.order + 1)),\n};\n';
  const { simpler, lists } = parts(text);
  const changed = simpler.map(edit => without(text, edit));
  expect(changed).toContain('export default {\n  block: (r, mem) => r.linux,\n};\n');
  expect(changed).toContain('export default {\n  block: (r, mem) => (r.order ? r.linux : f(1)),\n};\n');
  expect(edited(text, lists[1])).toBe('export default {};\n');
});

test('what is used once goes where it is used, and types that nothing names go', () => {
  const text = `type Kept = number;
type Gone = { a: number };
interface GoneToo {
  b: Kept;
}
// Twice.
const N = 4;
// Once.
const M: number = 2 + 1;
export default { block: (r, mem) => { const M2 = r.M; return N + N + M * M2; } };
`;
  const changed = parts(text).joined.map(edits => edited(text, edits));
  expect(changed).toEqual([
    text.replace('// Once.\nconst M: number = 2 + 1;\n', '').replace('M * M2', '(2 + 1) * M2'),
    text.replace('const M2 = r.M;', '').replace('M * M2', 'M * r.M'),
    text.replace('type Gone = { a: number };\n', ''),
    text.replace(/interface GoneToo[\s\S]*?\}\n/, ''),
  ]);
});

test('fewer tokens are less, then smaller numbers and answers of Linux', () => {
  const size = (text: string) => parts(text, 'p.js').size;
  const base = size('export default { block: (r, mem) => r.linux + 16 };');
  expect(isLess(size('export default { block: (r, mem) => r.linux };'), base)).toBe(true);
  expect(isLess(size('export default { block: (r, mem) => r.linux + 1 };'), base)).toBe(true);
  expect(
    isLess(
      size('export default { block: (r, m) => m.AS_LINUX };'),
      size('export default { block: (r, m) => r.linux };'),
    ),
  ).toBe(true);
  expect(isLess(base, base)).toBe(false);
  expect(partsOf({ path: 'p.ts', text: 'export default {' })).toBeNull();
});
