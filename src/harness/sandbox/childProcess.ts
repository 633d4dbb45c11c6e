/** Starts the sandboxed process and ends it, whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whoever started it is killed, and it would play on until it next says something. */
const DIES_TOO = ['setpriv', '--pdeathsig', 'KILL'];
/** What is wrapped around Node where the system has it: no network, no other processes in sight, no files, no core dump. */
const UNSHARE = [
  'unshare',
  '--user',
  '--map-current-user',
  '--net',
  '--ipc',
  '--pid',
  '--fork',
  '--kill-child',
];
const PRLIMIT = [
  'prlimit',
  '--core=0:0',
  '--fsize=0:0',
  '--nofile=64:64',
  '--memlock=0:0',
  '--cpu=7200:7200',
];
const WRAPPERS: readonly string[][] =
  process.platform === 'linux'
    ? [
        [...DIES_TOO, ...UNSHARE, ...PRLIMIT],
        [...UNSHARE, ...PRLIMIT],
        [...DIES_TOO, ...PRLIMIT],
        PRLIMIT,
        [],
      ]
    : [[]];

/** Index of the wrapper that worked last: those before it do not work here. */
let firstWrapper = 0;

/** Of V8: no threads beside the main one. */
export const SINGLE_THREADED = '--single-threaded';
/** Of V8, which would inline twice as much: a process that plays some dozens of runs spends half its time on compiling. */
const INLINES_LESS = '--max-inlined-bytecode-size-cumulative=400';

export interface ChildOptions {
  /** Limit of the JavaScript heap. */
  heapMiB: number;
  /** Node to run, and its version: 22.13.0. */
  node: { path: string; version: string };
  /** Another child than ours, for tests. */
  file?: string;
  /** Other sandboxes keep all cores at work: what costs least in all counts, not what is done soonest. */
  crowded?: boolean;
}

export function childArguments({ heapMiB, node, file = childFile(), crowded }: ChildOptions): string[] {
  return [
    permissionFlag(node.version),
    `--allow-fs-read=${file}`,
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    '--no-addons',
    '--no-warnings',
    `--max-old-space-size=${heapMiB}`,
    ...(crowded ? [SINGLE_THREADED, INLINES_LESS] : []),
    file,
  ];
}

/** The permission model lost its prefix in 22.13 and 23.5. */
function permissionFlag(version: string): string {
  const [major, minor] = version.split('.').map(Number);
  const isPlain = major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13);
  return isPlain ? '--permission' : '--experimental-permission';
}

/** Wrappers from the first that may work on. */
export function wrappersLeft(): readonly string[][] {
  return WRAPPERS.slice(firstWrapper);
}

/** That one started a child: those before it are not tried again. */
export function wrapperWorks(wrapper: readonly string[]): void {
  firstWrapper = WRAPPERS.indexOf(wrapper as string[]);
}

/** In a group of its own, with no environment, talking through fd 0 (in) and 3 (out). */
export function startChild(wrapper: readonly string[], options: ChildOptions): ChildProcess {
  const [command, ...args] = [...wrapper, options.node.path, ...childArguments(options)];
  return spawn(command, args, {
    cwd: dirname(options.file ?? childFile()),
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

/** The whole group, at once. */
export function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** The bundled child: this module is bundled at more than one depth. */
function childFile(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'dist', 'harness', 'sandbox', 'child.mjs');
    if (existsSync(file)) return file;
    if (folder === dirname(folder)) throw new Error('the sandbox is not built: run `npm run build`');
  }
}
