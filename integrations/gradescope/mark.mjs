/** Marks the one submission that Gradescope has laid out, with the oomph that came in the zip. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = process.env.AUTOGRADER_ROOT ?? '/autograder';
const source = join(root, 'source');
const { assignment, hidden } = JSON.parse(readFileSync(join(source, 'autograder.json'), 'utf8'));
const secret = join(source, 'secret');
const hasSecret = existsSync(secret);

/** Its own words go to the log, which teachers see and students do not. */
function oomph(...args) {
  const { OOMPH_SECRET, ...env } = process.env;
  const command = [join(source, 'oomph', 'bin', 'oomph.js'), ...args];
  const { status, error } = spawnSync(process.execPath, command, {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`oomph ${args[0]} ended with ${status}`);
}

function mark(work) {
  const { created_at: submitted } = JSON.parse(readFileSync(join(root, 'submission_metadata.json'), 'utf8'));
  if (typeof submitted !== 'string') throw new Error('submission_metadata.json has no created_at');
  // A folder of its own: what lies in it is one submission, whatever it holds. Links stay links, and are not followed.
  const submissions = join(work, 'submissions');
  mkdirSync(submissions);
  cpSync(join(root, 'submission'), join(submissions, 'submission'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const times = join(work, 'submitted.csv');
  writeFileSync(times, `submission,time\nsubmission,${JSON.stringify(submitted)}\n`);
  const marks = join(work, 'marks');
  const seeds = hasSecret ? ['--secret', secret] : ['--public-only'];
  oomph('grade', join(source, assignment), submissions, '--out', marks, '--submitted', times, ...seeds);
  const results = JSON.parse(readFileSync(join(marks, 'gradescope', 'submission.json'), 'utf8'));
  if (hidden && !hasSecret) {
    const note = 'Marked on the public seeds only; marks for the course are given on others as well.';
    results.output = [results.output, note].filter(Boolean).join('\n');
  }
  const file = join(root, 'results', 'results.json');
  writeFileSync(`${file}.part`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}

if (process.argv[2] === '--check') {
  oomph('lint', join(source, assignment));
} else {
  const work = mkdtempSync(join(tmpdir(), 'oomph-mark-'));
  try {
    mark(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
