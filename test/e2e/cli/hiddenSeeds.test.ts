import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hiddenSeeds } from '../../../src/harness/coursework/hiddenSeeds.ts';
import { challengeYaml, GOAL_LOST, oomph, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const SECRET = 'a secret of more than sixteen bytes';
const OPEN = [1, 2];
const HIDDEN = hiddenSeeds(new TextEncoder().encode(SECRET), 'tests/hw', 'tests/a-small-one', 3, OPEN);

/** Says all that it sees, on the console and in what it throws. */
const SPY = `export default {
  zonelist(request, mem) {
    const seen = 'T' + request.timeMs + 'P' + mem.free(1) + 'E' + request.event;
    console.log('saw ' + seen);
    if (request.event > 40) throw new Error('saw ' + seen);
    return mem.AS_LINUX;
  },
};
`;

interface Verdict {
  seeds: {
    seed: number;
    stateHash: string;
    faults: { event: number; message: string }[];
    failures: { event: number; timeUs: number }[];
    goals: { lostAtEvent: number; lostAtUs: number }[];
  }[];
}

let folder = '';
let hidden: Verdict['seeds'] = [];
let open: Verdict['seeds'] = [];

beforeAll(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'small'));
  mkdirSync(join(folder, 'class/spy'), { recursive: true });
  // What is lost is lost at another time on each seed.
  const challenge = challengeYaml(GOAL_LOST).replace('{at: [4s]}', '{poisson: 1/s}');
  writeFileSync(join(folder, 'small/challenge.yaml'), challenge);
  writeFileSync(join(folder, 'class/spy/small.ts'), SPY);
  for (const visibility of ['hidden', 'visible'])
    writeFileSync(
      join(folder, `${visibility}.yaml`),
      `assignment: 1
id: tests/hw
title: Homework
challenges:
  - {challenge: ./small/challenge.yaml, file: small.ts, points: 10, visibility: ${visibility}, seeds: {public: [1, 2], hidden: 3}}
leaderboard: [cycles]
`,
    );
  const seedsOf = (seeds: readonly number[]): Verdict['seeds'] => {
    const args = [
      'run',
      'small/challenge.yaml',
      '--policy',
      'class/spy/small.ts',
      '--seeds',
      seeds.join(','),
    ];
    return (JSON.parse(oomph([...args, '--json'], { cwd: folder }).out) as Verdict).seeds;
  };
  hidden = seedsOf(HIDDEN);
  open = seedsOf(OPEN);
});

/** What tells a seed: its number, its machine at the end, what the policy saw, where and when something happened. */
function tellsOf({ seed, stateHash, faults, failures, goals }: Verdict['seeds'][number]): string[] {
  return [
    String(seed),
    seed.toString(16),
    stateHash,
    ...faults.map(({ message }) => message.replace(/^.*saw /, '')),
    ...failures.flatMap(({ event, timeUs }) => [`event ${event}`, `${timeUs / 1000}ms`]),
    ...goals.flatMap(({ lostAtEvent }) => [`event ${lostAtEvent}`]),
  ];
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

test.each(['hidden', 'visible'])(
  'seeds whose results are %s are in nothing that students get',
  visibility => {
    const out = `marks-${visibility}`;
    const done = oomph(['grade', `${visibility}.yaml`, 'class', '--out', out], {
      cwd: folder,
      env: { OOMPH_SECRET: SECRET },
    });
    expect(done.code).toBe(0);
    const ofOpen = new Set(open.flatMap(tellsOf));
    const tells = hidden.flatMap(tellsOf).filter(tell => !ofOpen.has(tell));
    expect(tells.length).toBeGreaterThan(30);
    const files = filesIn(join(folder, out)).filter(path => !/results\.db|\.journal|results/.test(path));
    expect(files.map(path => path.slice(join(folder, out).length + 1)).sort()).toEqual(
      expect.arrayContaining([
        'check50/spy.json',
        'feedback/spy.html',
        'feedback/spy.md',
        'grades.csv',
        'gradescope/spy.json',
        'junit.xml',
        'marks.json',
        'summary.html',
      ]),
    );
    const thousands = (text: string): string => text.replace(/(\d),(?=\d{3})/g, '$1');
    const found = files.flatMap(path => {
      const text = thousands(readFileSync(path, 'utf8'));
      // Whole words: event 12 is not in event 123.
      return tells
        .filter(tell => new RegExp(`(?<![\\w.])${tell.replace('.', '\\.')}(?!\\w)`).test(text))
        .map(tell => `${path}: ${tell}`);
    });
    expect(found).toEqual([]);
    expect(done.out + done.err).not.toMatch(new RegExp(tells.slice(0, 3).join('|')));
    // The same search finds the public seeds: it can find.
    const shown = open.flatMap(tellsOf);
    const feedback = thousands(readFileSync(join(folder, out, 'feedback/spy.html'), 'utf8'));
    expect(shown.filter(tell => feedback.includes(tell)).length).toBeGreaterThan(3);
    // Nothing that it printed, on whatever seed.
    expect(feedback.match(/saw T/g)).toHaveLength(1);
  },
);

test('what is visible at once does not depend on hidden seeds', () => {
  const results = JSON.parse(readFileSync(join(folder, 'marks-hidden/gradescope/spy.json'), 'utf8'));
  const visible = results.tests.filter((test: { visibility: string }) => test.visibility === 'visible');
  expect(visible).toHaveLength(1);
  expect(JSON.stringify(visible)).not.toMatch(/hidden|of 10 points/);
});
