/** A small class to mark. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { challengeYaml, oomph, temporaryFolder } from './oomph.ts';

export const SECRET = { OOMPH_SECRET: 'a secret of more than sixteen bytes' };
export const GOOD = 'export default { zonelist: (request, mem) => mem.AS_LINUX };\n';

/** A class: assignment.yaml and submissions/, with a file for each path. */
export function course(submissions: Record<string, string | Uint8Array>, assignment = ''): string {
  const folder = temporaryFolder();
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('small/challenge.yaml', challengeYaml());
  write(
    'assignment.yaml',
    assignment ||
      `assignment: 1
id: tests/hw
title: Homework
challenges:
  - {challenge: ./small/challenge.yaml, file: small.ts, points: 10, seeds: {public: [1, 2], hidden: 2}}
deadline: 2026-11-30T23:59:00Z
late: {per_day: 25%, days: 2}
`,
  );
  for (const [path, content] of Object.entries(submissions)) write(`submissions/${path}`, content);
  return folder;
}

export const grade = (cwd: string, ...args: string[]) =>
  oomph(['grade', 'assignment.yaml', 'submissions', '--out', 'marks', ...args], { cwd, env: SECRET });

/** grades.csv as rows of cells; no cell of these tests holds a comma. */
export const table = (cwd: string): string[][] =>
  readFileSync(join(cwd, 'marks/grades.csv'), 'utf8')
    .replace('\ufeff', '')
    .trimEnd()
    .split('\r\n')
    .map(line => line.split(','));

export const verdicts = (cwd: string): Record<string, string> =>
  Object.fromEntries(
    table(cwd)
      .slice(1)
      .map(row => [row[0], `${row[1]} ${row[7]}`]),
  );
