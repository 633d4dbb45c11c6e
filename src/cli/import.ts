import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Command } from 'commander';
import { nearest } from '../contract/nearest.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { runSeed } from '../harness/runSeed.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { plural } from '../report/quantity.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { challengeText, idOf, type YamlLine } from '../workload/import/challengeText.ts';
import { readMask } from '../workload/import/gfpWords.ts';
import {
  type Imported,
  type ImportOptions,
  KIND_MEANING,
  LOG_KINDS,
  LogImport,
  type LogKind,
  NothingToImport,
} from '../workload/import/importLog.ts';
import { eachLine } from '../workload/import/lines.ts';
import { BadInput, EXIT_INTERRUPTED, EXIT_PASSED } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { styleFor } from './terminal.ts';

interface Options {
  out?: string;
  force?: boolean;
  as: string;
  exact?: boolean;
  fit?: boolean;
  report?: string;
  request?: string;
  only: string;
  id?: string;
  title?: string;
}

/** Bytes read at a time. */
const CHUNK = 1 << 18;
const STDIN = '-';
/** As the schema of challenges has it. */
const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** Lines that could not be read, as many as are told on stderr. */
const TOLD = 5;

export function registerImport(program: Command): void {
  program
    .command('import')
    .summary('make a challenge of a real log')
    .description(
      'Make a challenge of a real log: events of ftrace or perf, a page allocation failure of a kernel log, /proc/buddyinfo with zoneinfo, traces of malloc. What it is is seen by its content.',
    )
    .usage('[kind] <files...> [options]')
    .argument(
      '<files...>',
      `files, packed with gzip or not; -: standard input. Before them, where it is not to be seen, what they are: ${LOG_KINDS.join(', ')}`,
    )
    .option('-o, --out <file>', 'where to write it (default: standard output)')
    .option('-f, --force', 'write over a file that is there')
    .option('--as <form>', 'challenge; or spec: with what Linux comes to today as expectation', 'challenge')
    .option('--exact', 'of events: every request at its time, as many from the start as fit a file')
    .option('--fit', 'of events: tasks with the rates, mixes and lifetimes of the log')
    .option('--only <what>', 'of events: pages, slab or all', 'all')
    .option('--report <n>', 'which report of a kernel log (default: the first failure with free lists)')
    .option('--request <order[:gfp]>', 'what is asked for in that state, such as 3:GFP_ATOMIC')
    .option('--id <id>', 'id of the challenge (default: imported/ and the name of the file)')
    .option('--title <title>', 'title of the challenge')
    .addHelpText(
      'after',
      `
Kinds:
${LOG_KINDS.map(kind => `  ${kind.padEnd(7)} ${KIND_MEANING[kind]}`).join('\n')}

Examples:
  oomph import kernel.log -o failure.yaml
  trace-cmd report | oomph import - -o recorded.yaml
  oomph import /proc/buddyinfo /proc/zoneinfo --request 4:GFP_DMA -o x.yaml
  oomph import messages.gz --report 3 --as spec -o regress.spec.yaml

Exit codes: 0 written, 2 nothing in it that can be used.`,
    )
    .action(async ([first, ...more]: string[], options: Options) => {
      process.exitCode = await importLogs(first, more, options);
    });
}

async function importLogs(first: string, more: string[], options: Options): Promise<number> {
  const { kind, files } = kindAndFiles(first, more);
  const settings = settingsOf(kind, files, options);
  const isSpec = options.as === 'spec';
  if (options.out !== undefined) checkWritable(options.out, options.force === true, '--out');
  const log = new LogImport(settings);
  const finished = await interruptible(async signal => {
    for (const file of files) {
      log.begin(file === STDIN ? 'standard input' : file);
      await eachLine(bytesOf(file, signal), (line, number) => log.line(line, number));
      if (signal.aborted) return null;
      told(() => log.end());
    }
    return told(() => log.finish());
  });
  if (finished === null) return EXIT_INTERRUPTED;
  let made = textOf(finished, isSpec);
  // A request that the log's kernel refused and 2.6.0 serves: with other marks it may be refused here too.
  if (made.outcome === 'won' && finished.kind === 'report') {
    const raised = textOf(
      told(() => log.finish(true)),
      isSpec,
    );
    if (raised.outcome === 'lost') made = raised;
  }
  report(finished);
  if (options.out === undefined) process.stdout.write(made.text);
  else {
    writeWhole(options.out, Buffer.from(made.text), options.force === true, '--out');
    process.stderr.write(`wrote ${options.out}\n`);
  }
  return EXIT_PASSED;
}

/** The first word is a kind where it is the name of one; a file of that name is `./events`. */
function kindAndFiles(first: string, more: string[]): { kind: LogKind | null; files: string[] } {
  const kind = LOG_KINDS.find(name => name === first) ?? null;
  const files = kind === null ? [first, ...more] : more;
  if (files.length === 0) throw new BadInput(`name a file to import ${first} from, or - for standard input`);
  if (files.filter(file => file === STDIN).length > 1) throw new BadInput('- is standard input, once');
  return { kind, files };
}

function settingsOf(kind: LogKind | null, files: string[], options: Options): ImportOptions {
  if (options.exact === true && options.fit === true)
    throw new BadInput('--exact and --fit exclude each other: leave one out');
  const { as, only } = options;
  if (as !== 'challenge' && as !== 'spec') throw new BadInput(`--as is challenge or spec, not ${as}`);
  if (only !== 'all' && only !== 'pages' && only !== 'slab')
    throw new BadInput(`--only is pages, slab or all, not ${only}`);
  if (options.id !== undefined && !(ID.test(options.id) && options.id.length <= 80))
    throw new BadInput(`--id is chapter/slug in lowercase letters, digits and hyphens, not ${options.id}`);
  const report = options.report === undefined ? 0 : Number(options.report);
  if (options.report !== undefined && !(/^\d{1,9}$/.test(options.report) && report >= 1))
    throw new BadInput(`--report takes the number of a report, from 1, not ${options.report}`);
  return {
    kind,
    fidelity: options.exact === true ? 'exact' : options.fit === true ? 'fit' : 'auto',
    report,
    request: options.request === undefined ? null : requestOf(options.request),
    only,
    id: options.id ?? idOf(files[0] === STDIN ? 'log' : files[0]),
    title: options.title ?? '',
  };
}

function requestOf(text: string): { order: number; gfp: string } {
  const found = /^(\d{1,2})(?::(\S+))?$/.exec(text);
  if (found === null || Number(found[1]) > 10)
    throw new BadInput(`--request takes an order 0 to 10 and a mask, such as 3:GFP_ATOMIC, not ${text}`);
  const gfp = found[2] ?? '';
  if (gfp !== '' && readMask(gfp, '') === null)
    throw new BadInput(`${gfp} in --request is no mask: write names such as GFP_KERNEL|__GFP_NORETRY`);
  return { order: Number(found[1]), gfp };
}

/** What cannot be imported is the user's to mend. */
function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof NothingToImport ? new BadInput(error.message) : error;
  }
}

/** A file's bytes, unpacked where it is packed. */
async function* bytesOf(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = file === STDIN ? process.stdin : openFile(file);
  try {
    yield* unpacked(source as AsyncIterable<Uint8Array>, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const name = file === STDIN ? 'standard input' : file;
    throw new BadInput(
      code.startsWith('Z_')
        ? `${name} begins as a gzip file and is damaged: unpack what can be had with zcat, and import that`
        : `${name} cannot be read: ${code}`,
    );
  }
}

function openFile(file: string): AsyncIterable<Uint8Array> {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const kind = LOG_KINDS.find(name => nearest(file, [name]).length > 0);
    const guess = kind === undefined ? '' : `; the kind is written ${kind}`;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new BadInput(`there is no file ${file}${guess}`);
    if (code === 'EACCES' || code === 'EPERM')
      throw new BadInput(`you may not read ${file}: change its permissions`);
    if (code === undefined) throw error;
    throw new BadInput(`${file} cannot be read: ${code}`);
  }
  if (fstatSync(fd).isDirectory()) {
    closeSync(fd);
    throw new BadInput(`${file} is a folder: name the files in it`);
  }
  return createReadStream('', { fd, highWaterMark: CHUNK });
}

async function* unpacked(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value;
    for (let next = await chunks.next(); next.done !== true && !signal.aborted; next = await chunks.next())
      yield next.value;
  };
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isGzip) {
    yield* rest();
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of rest())
        if (!gunzip.write(chunk)) await new Promise(resolve => gunzip.once('drain', resolve));
      gunzip.end();
    } catch (error) {
      gunzip.destroy(error as Error);
    }
  };
  void feed();
  yield* gunzip;
}

/**
 * The challenge with what Linux comes to in it: it is loaded and played as any other, and what cannot be is our fault.
 *
 * @throws Error  it does not load
 */
function textOf({ challenge }: Imported, isSpec: boolean): { text: string; outcome: SeedVerdict['outcome'] } {
  const bare = challengeText(challenge, [], []);
  const { plan, diagnostics } = parseChallenge(Buffer.from(bare), 'imported.yaml');
  if (plan === null)
    throw new Error(
      `an imported challenge does not load:\n${diagnosticsText(diagnostics, styleFor(process.stderr))}`,
    );
  const seed = plan.seeds[0];
  const verdict = runSeed(plan, seed, null);
  const { metrics } = verdict;
  const measured = [`Played with Linux 2.6.0 it is ${verdict.outcome}: ${challengeFigures(verdict)}.`];
  const more: YamlLine[] = [];
  if (isSpec) {
    more.push(
      { text: 'test:' },
      { text: '  expect:' },
      { text: `    - outcome: ${verdict.outcome}`, inferred: 'what Linux comes to, as all of these' },
      ...[
        'page_alloc.failures',
        'page_alloc.stalls',
        ...(plan.machine.slab === true ? ['slab.failures'] : []),
        'cycles',
      ]
        .map(metric => `    - { metric: ${metric}, equals: ${metrics[metric] ?? 0} }`)
        .filter(line => canBeMissed(challenge, line))
        .map(line => ({ text: line })),
    );
  } else if (verdict.outcome === 'won' && metrics['cycles'] > 0) {
    const par = metrics['cycles'];
    more.push(
      { text: 'score:' },
      {
        text: `  - { metric: cycles, par: ${par}, gold: ${Math.floor(par * 0.95)} }`,
        inferred: 'what Linux needs, and a twentieth less',
      },
    );
  }
  const text = challengeText(challenge, measured, more);
  const again = parseChallenge(Buffer.from(text), 'imported.yaml');
  if (again.plan === null)
    throw new Error(
      `an imported challenge does not load:\n${diagnosticsText(again.diagnostics, styleFor(process.stderr))}`,
    );
  return { text, outcome: verdict.outcome };
}

/** What no run of the workload can come to otherwise would be refused as proving nothing. */
function canBeMissed(challenge: Imported['challenge'], expectation: string): boolean {
  const lines = ['test:', '  expect:', expectation].map(text => ({ text }));
  const { diagnostics } = parseChallenge(Buffer.from(challengeText(challenge, [], lines)), 'imported.yaml');
  return !diagnostics.some(({ code }) => code === 'E-EXPECT-PROVES-NOTHING');
}

function challengeFigures({ metrics, nrOps }: SeedVerdict): string {
  const figure = (name: string): number => metrics[name] ?? 0;
  return [
    plural(nrOps, 'operation'),
    `${figure('page_alloc.failures')} failures of the page allocator`,
    `${figure('page_alloc.stalls')} requests that wait`,
    `${figure('cycles')} cycles`,
  ].join(', ');
}

function report({ kind, broken, notes }: Imported): void {
  const lines = [`${KIND_MEANING[kind]}`, ...notes];
  if (broken.count > 0) {
    lines.push(`${plural(broken.count, 'line')} could not be read:`);
    for (const { file, line, why } of broken.first.slice(0, TOLD)) lines.push(`  ${file}:${line}: ${why}`);
    if (broken.count > TOLD)
      lines.push(`  and ${broken.count - TOLD} more; the file lists the first ${broken.first.length}`);
  }
  process.stderr.write(`${lines.join('\n')}\n`);
}
