import type { SourceFile } from '../../../src/contract/policy.ts';
import { type PolicyShrunk, shrinkPolicy } from '../../../src/harness/shrink/shrinkPolicy.ts';

const POLICY = `import { definePolicy } from 'oomph';

// Unused.
const OTHER = 12;
/** What breaks it. */
const LIMIT = 4096;

function note(order) {
  return order + OTHER;
}

export default definePolicy({
  // Does nothing.
  zonelist: (request, mem) => mem.AS_LINUX,
  block(request, mem) {
    note(request.order);
    // Here.
    if (request.order > 1 && request.linux > LIMIT) return request.linux - 1;
    else return mem.AS_LINUX;
  },
});
`;

/** Fails as long as \`block\` answers one less, with a limit of 100 at least. */
const fails = async ({ text }: SourceFile): Promise<boolean> =>
  /request\.linux - 1/.test(text) &&
  /import \{ definePolicy/.test(text) &&
  Number(/LIMIT = (\d+)/.exec(text)?.[1]) >= 100;

test('what has nothing to do with it goes, comments of what stays stay', async () => {
  const told: PolicyShrunk[] = [];
  const found = (await shrinkPolicy({ path: 'p.ts', text: POLICY }, fails, one => void told.push(one)))!;
  expect(found.file.text).toBe(`import { definePolicy } from 'oomph';

/** What breaks it. */
const LIMIT = 128;

export default definePolicy({
  block(request, mem) {
    // Here.
    return request.linux - 1;
  },
});
`);
  expect(found.before.tokens).toBeGreaterThan(2 * found.after.tokens);
  expect(told.at(-1)).toEqual(found);
  // Once more changes nothing.
  expect((await shrinkPolicy(found.file, fails, () => {}))!.file).toEqual(found.file);
});

test('what was found stands when the search is ended, and what is no policy is none', async () => {
  let asked = 0;
  let best: PolicyShrunk | null = null;
  const until = async (file: SourceFile): Promise<boolean> => {
    if (++asked > 8) throw new Error('enough');
    return fails(file);
  };
  await expect(
    shrinkPolicy({ path: 'p.ts', text: POLICY }, until, one => {
      best = one;
    }),
  ).rejects.toThrow('enough');
  expect(best!.file.text.length).toBeLessThan(POLICY.length);
  expect(await fails(best!.file)).toBe(true);
  expect(await shrinkPolicy({ path: 'p.ts', text: 'export default {' }, fails, () => {})).toBeNull();
});
