/**
 * A class to mark: an assignment of ten challenges of the campaign, five seeds each, and students who each hand in ten
 * policies that nobody else does. `node test/bench/grade/class.mjs FOLDER [students [challenges]]`
 *
 * The policies are those of the challenges and those that come with oomph, each with other numbers, other names and another
 * order of what does not matter: equal texts would be run once for all, and a class does not consist of equal texts.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Of each chapter one or two that ask for code, and no run of which takes long. */
export const CHALLENGES = [
  '04-buddy/03-the-tidy-clerk',
  '01-pages/03-hot-and-cold',
  '02-zones/02-the-flooded-router',
  '02-zones/03-nowhere-else',
  '03-gfp/02-no-or-never',
  '04-buddy/02-up-four-sleeves',
  '05-vmalloc/03-low-rent',
  '06-slab/02-spring-cleaning',
  '07-stacks/02-sixteen-bytes',
  '08-highmem/03-ground-floor',
];
export const SEEDS = { public: [1, 2, 3], hidden: 2 };

/** Policies that come along and decide one hook, by hook. */
const BUILTINS = {
  zonelist: ['dma-reserve.ts'],
  block: ['address-ordered.ts', 'best-fit.ts', 'mobility-grouping.ts'],
  pcp: ['no-pcp.ts'],
  coalesce: ['lazy-coalescing.ts'],
  slabOrder: ['best-slab-order.ts'],
  slabPick: ['fullest-slab.ts'],
};

/** Numbers from a seed, the same everywhere: mulberry32. */
function random(seed) {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * Somebody's own version of a policy: one of its larger numbers is off by up to a tenth in one of two, and a constant of his own
 * that nothing depends on makes it a text that nobody else hands in.
 */
function varied(text, student, next) {
  const numbers = [...text.matchAll(/(?<![\w.'"$])([1-9]\d{1,5})(?![\w.'"])/g)].filter(
    ({ index }) => !/^\s*(\/\/|\*|\/\*)/.test(text.slice(text.lastIndexOf('\n', index) + 1, index)),
  );
  let changed = text;
  if (numbers.length > 0 && next(2) === 0) {
    const { 0: digits, index } = numbers[next(numbers.length)];
    const value = Number(digits);
    const other = Math.max(1, value + next(Math.max(2, Math.floor(value / 5))) - Math.floor(value / 10));
    changed = text.slice(0, index) + other + text.slice(index + digits.length);
  }
  return `${changed}\nconst handedInBy${student} = ${next(1 << 30)};\n`;
}

function sourcesOf(folder) {
  const { id, policy } = parse(readFileSync(join(folder, 'challenge.yaml'), 'utf8'));
  const beside = readdirSync(folder).filter(name => /^(reference|naive)\.ts$/.test(name));
  const fitting =
    policy.hooks.length === 1
      ? (BUILTINS[policy.hooks[0]] ?? []).map(name => join(root, 'policies', name))
      : [];
  const linux = policy.hooks.map(hook => join(root, 'policies/linux-2.6.0', `${hook}.ts`));
  return {
    id,
    hooks: policy.hooks,
    reference: readFileSync(join(folder, 'reference.ts'), 'utf8'),
    others: [
      ...beside.filter(name => name !== 'reference.ts').map(name => join(folder, name)),
      ...fitting,
    ].map(path => readFileSync(path, 'utf8')),
    linux: policy.hooks.length === 1 ? linux.map(path => readFileSync(path, 'utf8')) : [],
  };
}

/** A hook of Linux written out is exported by name: the policy around it. */
const aroundLinux = (text, hook) => `${text}\nexport default definePolicy({ ${hook} });\n`;

/** Half solve it, the others hand in something that does less well. */
function policyOf({ reference, others, linux, hooks }, next) {
  const kind = next(10);
  if (kind < 5) return reference;
  if (kind === 9 && linux.length > 0 && /definePolicy/.test(linux[0])) return aroundLinux(linux[0], hooks[0]);
  return others.length === 0 ? reference : others[next(others.length)];
}

/** @returns where the assignment is, and the submissions. @param nrChallenges the first so many of CHALLENGES */
export function makeClass(folder, students, nrChallenges = CHALLENGES.length) {
  rmSync(folder, { recursive: true, force: true });
  const submissions = join(folder, 'submissions');
  mkdirSync(submissions, { recursive: true });
  const sources = CHALLENGES.slice(0, nrChallenges).map(path => sourcesOf(join(root, 'challenges', path)));
  const assignment = join(folder, 'assignment.yaml');
  const list = sources.map(
    ({ id }) =>
      `  - {challenge: ${id}, file: ${basename(id)}.ts, points: 10, seeds: {public: [${SEEDS.public.join(', ')}], hidden: ${SEEDS.hidden}}}\n`,
  );
  writeFileSync(assignment, `assignment: 1\nid: bench/class\ntitle: A class\nchallenges:\n${list.join('')}`);
  for (let student = 1; student <= students; student++) {
    const next = random(student);
    const own = join(submissions, `student ${String(student).padStart(4, '0')}`);
    mkdirSync(own);
    for (const source of sources) {
      writeFileSync(join(own, `${basename(source.id)}.ts`), varied(policyOf(source, next), student, next));
    }
  }
  return { assignment, submissions };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, students = '1000', challenges = '10'] = process.argv.slice(2);
  if (folder === undefined) {
    process.stderr.write('usage: node test/bench/grade/class.mjs FOLDER [students [challenges]]\n');
    process.exit(2);
  }
  makeClass(folder, Number(students), Number(challenges));
}
