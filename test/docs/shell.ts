/** Runs what a page tells its reader to type, in the order of the page, in one shell in a folder of its own. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Block, blocksOf, markOf, placeOf, ROOT } from './pages.ts';

export interface Command {
  block: Block;
  text: string;
  /** Lines that the page shows of its output; null where it shows none. */
  shown: string[] | null;
  exits: number;
}

export interface Ran extends Command {
  code: number;
  output: string[];
}

/** Blocks that are typed into a shell. */
const SHELLS = ['sh', 'bash', 'console'];

export interface PagePlan {
  page: string;
  /** In order: a file that the page has its reader write, or a command. */
  steps: ({ file: string; text: string } | Command)[];
  skipped: { place: string; reason: string }[];
}

export function planOf(page: string, blocks: readonly Block[] = blocksOf(page)): PagePlan {
  const plan: PagePlan = { page, steps: [], skipped: [] };
  for (const block of blocks) {
    const file = markOf(block, 'file');
    if (file !== null) plan.steps.push({ file, text: block.text });
    if (!SHELLS.includes(block.language)) continue;
    const reason = markOf(block, 'skip');
    if (reason === null) plan.steps.push(...commandsOf(block));
    else plan.skipped.push({ place: placeOf(block), reason });
  }
  return plan;
}

/**
 * Commands of a block. In `console` they stand behind `$ ` and what is shown of their output under them. A backslash at the
 * end goes on in the next line, and so does a here document. `<!-- test: exits 1 0 -->` says how they end, one number each
 * or one for all; without it with 0.
 */
export function commandsOf(block: Block): Command[] {
  const commands: Command[] = [];
  const isConsole = block.language === 'console';
  let until: string | null = null;
  let goesOn = false;
  for (const line of block.text.replace(/\n$/, '').split('\n')) {
    const last = commands.at(-1);
    if (until !== null || goesOn) {
      last!.text += `\n${line}`;
      goesOn = until === null && line.endsWith('\\');
      if (line === until) until = null;
      continue;
    }
    const typed = isConsole ? /^\$ (.*)$/.exec(line)?.[1] : line;
    if (typed === undefined) {
      if (last === undefined) throw new Error(`${placeOf(block)}: output before the first command`);
      last.shown!.push(line);
      continue;
    }
    if (!isConsole && (typed.trim() === '' || typed.trim().startsWith('#'))) continue;
    commands.push({ block, text: typed, shown: isConsole ? [] : null, exits: 0 });
    until = /<<-? *'?(\w+)'?/.exec(typed)?.[1] ?? null;
    goesOn = typed.endsWith('\\');
  }
  const exits = (markOf(block, 'exits') ?? '0').split(' ').map(Number);
  if (exits.length !== 1 && exits.length !== commands.length)
    throw new Error(`${placeOf(block)}: ${exits.length} exit codes for ${commands.length} commands`);
  for (const [i, command] of commands.entries()) command.exits = exits[exits.length === 1 ? 0 : i];
  return commands;
}

/** A folder such as the reader's clone: what the pages name is there, and may be written over. */
export function readersFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oomph-docs-')));
  const home = join(folder, 'clone');
  mkdirSync(home);
  for (const name of ['challenges', 'policies', 'schemas', 'docs', 'dist', 'package.json'])
    symlinkSync(join(ROOT, name), join(home, name));
  cpSync(join(ROOT, 'examples'), join(home, 'examples'), { recursive: true });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  script('oomph', `exec "${process.execPath}" "${join(ROOT, 'bin/oomph.js')}" "$@"`);
  script(
    'npx',
    `[ "$1" = oomph ] || { echo "npx $1: only oomph is here" >&2; exit 127; }\nshift\nexec "${bin}/oomph" "$@"`,
  );
  script('an-editor', 'exit 0');
  return folder;
}

/** What stands between the output of two commands; no command prints it. */
const MARK = '\u001e';

export async function runPage({ page, steps }: PagePlan): Promise<Ran[]> {
  const commands = steps.filter((step): step is Command => 'block' in step);
  if (commands.length === 0) return [];
  const folder = readersFolder();
  const script = steps
    .map(step =>
      'block' in step
        ? `${step.text}\nprintf '${MARK}%s${MARK}\\n' "$?"`
        : `mkdir -p "$(dirname '${step.file}')" && cat > '${step.file}' <<'END OF FILE'\n${step.text}END OF FILE`,
    )
    .join('\n');
  const { NO_COLOR: _, FORCE_COLOR: __, OOMPH_SECRET: ___, npm_execpath: ____, ...env } = process.env;
  const shell = spawn('bash', ['-s'], {
    cwd: join(folder, 'clone'),
    env: {
      ...env,
      PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:${env['PATH'] ?? ''}`,
      HOME: folder,
      EDITOR: 'an-editor',
      OOMPH_DATA: join(folder, 'data'),
      CI: '',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (bytes: Buffer) => (out += bytes.toString()));
  shell.stdin.end(`exec 2>&1\n${script}\n`);
  await new Promise(resolve => shell.on('close', resolve));
  rmSync(folder, { recursive: true, force: true });
  const parts = out.split(new RegExp(`${MARK}(\\d+)${MARK}\\n`));
  if (parts.length !== 2 * commands.length + 1)
    throw new Error(`${page}: its shell ended early\n${out.slice(-2000)}`);
  return commands.map((command, i) => ({
    ...command,
    code: Number(parts[2 * i + 1]),
    output: parts[2 * i].replace(/\n$/, '').split('\n'),
  }));
}

/** What is not as the page says; '' where all is. Of lines the blanks at the end do not count, and `...` stands for any lines. */
export function faultOf({ block, text, shown, exits, code, output }: Ran): string {
  const where = `${placeOf(block)}: ${text}`;
  if (code !== exits) return `${where}\n  exits with ${code}, not ${exits}\n${output.slice(-12).join('\n')}`;
  if (shown === null || shown.length === 0) return '';
  const fits = matches(shown.map(asRead), output.map(asRead));
  return fits
    ? ''
    : `${where}\n  shows\n${shown.join('\n')}\n  and prints\n${output.slice(0, 40).join('\n')}`;
}

/** A line that ends in ` ...` goes on as it likes: times are there. */
const isLine = (shown: string, line: string): boolean =>
  shown.endsWith(' ...') ? line.startsWith(shown.slice(0, -3)) : shown === line;

/** In a clone the command says that it is called `npx oomph`. */
const asRead = (line: string): string => line.trimEnd().replaceAll('npx oomph ', 'oomph ');

export function matches(shown: readonly string[], output: readonly string[]): boolean {
  if (shown.length === 0) return output.every(line => line === '');
  const [first, ...rest] = shown;
  if (first !== '...') return output.length > 0 && isLine(first, output[0]) && matches(rest, output.slice(1));
  for (let skip = 0; skip <= output.length; skip++) if (matches(rest, output.slice(skip))) return true;
  return false;
}
