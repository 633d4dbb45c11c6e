/** A class that nobody would wish to have: each gets his own verdict, and the others theirs. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { zipSync } from 'fflate';
import { course, GOOD, grade, SECRET } from './course.ts';
import { BIN } from './oomph.ts';

jest.setTimeout(600_000);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

const NAMES = ['=cmd|calc', '+1', '-1', '@sum', 'a,b', 'say "hi"', '<b>bold', "o'neill & sons", '100% | x'];

test('each has a verdict, and honest work is marked beside it', () => {
  const hostile: Record<string, [content: string | Uint8Array, verdict: string]> = {
    hang: ['export default { zonelist: () => { for (;;) {} } };\n', 'won'],
    'hang at the top': ['for (;;) {}\nexport default { zonelist: () => 0 };\n', 'refused'],
    'memory bomb': [
      'const all = [];\nexport default { zonelist: (r, mem) => { for (;;) all.push([1, 2, 3]); } };\n',
      'won',
    ],
    'text bomb': ["export default { zonelist: () => { let s = 'x'; for (;;) s += s; } };\n", 'won'],
    'huge log': [
      "export default { zonelist: (r, mem) => { for (let i = 0; i < 500; i++) console.log('x'.repeat(400)); return mem.AS_LINUX; } };\n",
      'won',
    ],
    recursion: ['const f = n => f(n + 1) + 1;\nexport default { zonelist: () => f(0) };\n', 'won'],
    escape: [
      "export default { zonelist: () => this.constructor.constructor('return process')().exit() };\n",
      'refused',
    ],
    'for another challenge': ['export default { slabOrder: () => 1 };\n', 'refused'],
    'no policy': ['hello\n', 'refused'],
    empty: ['', 'refused'],
    'utf-16': [utf16(GOOD), 'unreadable'],
    'zeros inside': [`// \0\n${GOOD}`, 'unreadable'],
    'all zeros': [new Uint8Array(1000), 'unreadable'],
    'byte order mark': [`\ufeff${GOOD}`, 'won'],
    'lines of Windows': [`// a\r\n${GOOD.replaceAll('\n', '\r\n')}`, 'won'],
    'imports what is elsewhere': [
      "import { x } from '../../honest/small.ts';\nexport default { zonelist: () => x };\n",
      'refused',
    ],
    'imports node': ["import fs from 'node:fs';\nexport default { zonelist: () => fs };\n", 'refused'],
    large: [`// ${'x'.repeat(2_000_000)}\n${GOOD}`, 'unreadable'],
  };
  const files: Record<string, string | Uint8Array> = { 'honest/small.ts': GOOD };
  for (const [name, [content]] of Object.entries(hostile)) files[`${name}/small.ts`] = content;
  for (const name of NAMES) files[`${name}/small.ts`] = GOOD;
  files['new\nline\tand tab/small.ts'] = GOOD;
  const slip = { '../../honest/small.ts': bytes('stolen') };
  files['slip.zip'] = zipSync(slip);
  files['bomb.zip'] = zipSync({ 'small.ts': new Uint8Array(200 << 20) }, { level: 9 });
  files['renamed.zip'] = bytes('Rar!\x1a\x07\x00');
  files['other.7z'] = bytes('7z');
  files['cut.zip'] = zipSync({ 'small.ts': bytes(GOOD) }).subarray(0, 60);
  files['a file where a folder should be'] = 'x';
  const folder = course(files);
  const { code, err } = grade(folder);
  expect(err).toBe(
    'no folder, zip or policy, so not marked: a file where a folder should be\nno --submitted: nobody is counted as late\n',
  );
  expect(code).toBe(0);
  const rows: Record<string, string>[] = parseCsv(readFileSync(join(folder, 'marks/grades.csv')), {
    bom: true,
    columns: true,
  });
  const verdicts = Object.fromEntries(rows.map(row => [row['submission'], row['small verdict']]));
  const won = (name: string): [string, string] => [/^[=+@-]/.test(name) ? `'${name}` : name, 'won'];
  expect(verdicts).toEqual({
    honest: 'won',
    ...Object.fromEntries(Object.entries(hostile).map(([name, [, verdict]]) => [name, verdict])),
    ...Object.fromEntries(NAMES.map(won)),
    'new\ufffdline\ufffdand tab': 'won',
    slip: 'unreadable',
    bomb: 'unreadable',
    renamed: 'unreadable',
    other: 'unreadable',
    cut: 'unreadable',
  });
  const problems = Object.fromEntries(rows.map(row => [row['submission'], row['problem']]));
  expect(problems['renamed']).toBe('it is a RAR archive, not a zip: pack the files anew');
  expect(problems['bomb']).toBe('');
  expect(readFileSync(join(folder, 'marks/feedback/bomb.md'), 'utf8')).toContain(
    'has more than 262144 bytes',
  );
  expect(problems['honest']).toBe('');
  const feedback = readdirSync(join(folder, 'marks/feedback'));
  expect(feedback).toHaveLength(2 * rows.length);
  const html = readFileSync(join(folder, 'marks/feedback/_b_bold.html'), 'utf8');
  expect(html).not.toContain('<b>bold');
  expect(readFileSync(join(folder, 'marks/summary.html'), 'utf8')).not.toContain('<b>bold');
  const utf16Feedback = readFileSync(join(folder, 'marks/feedback/utf-16.md'), 'utf8');
  expect(utf16Feedback).toContain('UTF\\-16: save it as UTF\\-8');
});

interface Process {
  parent: number;
  started: string;
}

function processes(): Map<number, Process> {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      // A zombie holds nothing, and goes when somebody looks.
      if (fields[0] !== 'Z') all.set(Number(name), { parent: Number(fields[1]), started: fields[19] });
    } catch {
      // It ended meanwhile.
    }
  }
  return all;
}

/** Those below a process, by number and start: a number may be given out again. */
function below(top: number): string[] {
  const all = processes();
  const isBelow = (pid: number): boolean => {
    for (let at = all.get(pid)?.parent ?? 0; at > 1; at = all.get(at)?.parent ?? 0)
      if (at === top) return true;
    return false;
  };
  return [...all].filter(([pid]) => isBelow(pid)).map(([pid, { started }]) => `${pid} ${started}`);
}

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  '--limit: a job that takes too long is infrastructure, exit 3, and leaves no process behind',
  async () => {
    const folder = course({ 'honest/small.ts': GOOD, 'slow/small.ts': SLOW });
    writeFileSync(
      join(folder, 'small/challenge.yaml'),
      readFileSync(join(folder, 'small/challenge.yaml'), 'utf8').replace(
        'policy: {hooks: [zonelist, pcp]}',
        'policy: {hooks: [zonelist, pcp], fuel: {per_call: 900M, per_run: 100000M}}',
      ),
    );
    const child = spawn(
      process.execPath,
      [BIN, 'grade', 'assignment.yaml', 'submissions', '--out', 'marks', '--limit', '12', '--jobs', '2'],
      { cwd: folder, env: { ...process.env, ...SECRET }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let out = '';
    child.stdout.on('data', data => {
      out += data;
    });
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const one of below(child.pid!)) seen.add(one);
    }, 100);
    const code = await new Promise(resolve => child.on('close', resolve));
    clearInterval(watch);
    expect(code).toBe(3);
    expect(out).toContain('slow: it took longer than 12 s');
    const rows: Record<string, string>[] = parseCsv(readFileSync(join(folder, 'marks/grades.csv')), {
      bom: true,
      columns: true,
    });
    expect(rows.map(row => [row['submission'], row['small verdict']])).toEqual([
      ['honest', 'won'],
      ['slow', 'infrastructure'],
    ]);
    expect(seen.size).toBeGreaterThan(1);
    // The kernel needs a moment to end them.
    const left = (): string[] => {
      const all = processes();
      return [...seen].filter(one => all.get(Number(one.split(' ')[0]))?.started === one.split(' ')[1]);
    };
    for (let i = 0; i < 100 && left().length > 0; i++) await new Promise(resolve => setTimeout(resolve, 50));
    expect(left()).toEqual([]);
  },
);

/** A second for each call: it says nothing for an hour. */
const SLOW = `export default { zonelist: (r, mem) => { let n = 0; for (let i = 0; i < 100000000; i++) n = (n * 31 + i) | 0; return n === 1 ? mem.AS_LINUX : mem.AS_LINUX; } };\n`;
