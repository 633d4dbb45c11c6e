/** What a teacher begins a course with: an assignment with every key explained, and a sheet for the students. */
import type { ChallengePlan } from '../../contract/plan.ts';

/** A challenge of the assignment, and what students hand in for it. */
export interface AssignedStarter {
  plan: ChallengePlan;
  /** Without folders. */
  file: string;
  points: number;
}

/** @param id  lowercase letters, digits, hyphens, slashes */
export function starterAssignment(id: string, challenges: readonly AssignedStarter[]): string {
  const lines = [
    '# What is asked of students, and what it is worth. All keys: docs/coursework.md',
    'assignment: 1',
    '',
    '# Hidden seeds follow from this name and your secret: keep it once it is given out.',
    `id: ${id}`,
    'title: "Homework 1"',
    'text: |',
    `  ${challenges.length === 1 ? 'One problem.' : `${challenges.length} problems. Hand in a file for each.`}`,
    '',
    '# Each an id that `oomph play` lists, or a path from here: ./mine/challenge.yaml',
    'challenges:',
    ...challenges.flatMap(({ plan, file, points }, i) => [
      ...(i === 0 ? [] : ['']),
      `  - challenge: ${plan.id}`,
      `    file: ${file}`,
      `    points: ${points}`,
      ...(i === 0
        ? [
            '    # seeds: a share of the points for each seed won. all: every seed or nothing.',
            '    # goals: a share for each goal held.',
          ]
        : []),
      '    credit: seeds',
      ...(i === 0
        ? [
            '    # Students may know the public ones. So many more follow from your secret, which',
            '    # `openssl rand -hex 32 > FILE` makes and --secret FILE tells `oomph grade`.',
          ]
        : []),
      '    seeds: { public: [1, 2, 3], hidden: 2 }',
      ...(i === 0
        ? ['    # Who sees what came of the hidden ones: hidden, visible, after_due_date, after_published.']
        : []),
      '    visibility: hidden',
      ...(plan.score.length > 0 && i > 0
        ? [
            '    # Points on top for those who win every seed and reach gold on each.',
            `    # bonus: [{ metric: ${plan.score[0].metric}, at: gold, points: 2 }]`,
          ]
        : []),
    ]),
    '',
    ...(challenges.length > 1 ? ['# Only the best so many count:', '# best: 1', ''] : []),
    '# Lateness counts where --submitted tells when each came.',
    '# deadline: 2026-11-30T23:59:00+01:00',
    '# late: { grace: 10m, per_day: 10%, days: 5 }',
    '',
    '# What you give out.',
    'starter:',
    ...challenges.map(({ file }) => `  - starter/${file}`),
    '  - starter/tsconfig.json',
    '  - starter/oomph.d.ts',
    '',
  ];
  return lines.join('\n');
}

/** @param call  how oomph is called */
export function studentReadme(call: string, challenges: readonly AssignedStarter[]): string {
  const runs = challenges.map(({ plan, file }) => `${call} run ${plan.id} --policy ${file}`);
  return [
    '# Homework 1',
    '',
    'You decide for the memory manager of Linux 2.6 where it is in trouble. For each problem there is a file to',
    'change; as it is, it leaves every decision to Linux, which loses.',
    '',
    '| problem | file | points |',
    '| --- | --- | --- |',
    ...challenges.map(
      ({ plan, file, points }) => `| ${plan.title} (\`${plan.id}\`) | \`${file}\` | ${points} |`,
    ),
    '',
    '1. Install Node 20 or later, and oomph as your teacher says.',
    `2. \`${call} play\` shows the problems, their stories and hints, and what happens when. Or, in this folder:`,
    '',
    '   ```',
    ...runs.map(run => `   ${run}`),
    '   ```',
    '',
    '   That runs the seeds that you may know. Marks are given on others as well: a solution for one course of',
    '   events is none. `--seeds 1-50` shows whether yours holds.',
    `3. Hand in ${challenges.length === 1 ? 'the file' : 'the files'} under ${challenges.length === 1 ? 'its name' : 'their names'}, in a folder or a zip or loose. A policy may import files beside it.`,
    '',
    'Policies run in a sandbox with budgets: no files, no network, no clock. An editor that knows TypeScript, in this',
    'folder, completes and explains what `request` and `mem` hold.',
    '',
  ].join('\n');
}
