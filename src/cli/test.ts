import type { Command } from 'commander';
import { REPORTER_NAMES, REPORTERS } from '../report/testing/reporters.ts';
import { BadInput, EXIT_INTERRUPTED, EXIT_PASSED } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { parseSeeds } from './seeds.ts';
import { findSpecs } from './testing/find.ts';
import { listJson, listText } from './testing/list.ts';
import { mergeReports } from './testing/merge.ts';
import { exitCodeOf } from './testing/runSpecs.ts';
import { parseBail, parseFilter, parseShard } from './testing/select.ts';
import { loadSpec } from './testing/specs.ts';
import { runSelection, selectionOf, type TestWish } from './testing/work.ts';
import {
  collectReporter,
  parseReporters,
  REPORTER_HELP,
  REPORTER_OPTION,
  type ReportTarget,
  writeReports,
} from './testReporters.ts';
import { parseJobs } from './workerPool.ts';

interface TestOptions {
  seed?: string;
  seeds?: string;
  filter?: string;
  bail?: string | true;
  jobs?: string;
  shard?: string;
  merge?: string[];
  reporter?: string[];
  json?: boolean;
  list?: boolean;
  update?: boolean;
  ci?: boolean;
  watch?: boolean;
}

export function registerTest(program: Command): void {
  const width = Math.max(...REPORTER_NAMES.map(name => name.length));
  program
    .command('test')
    .summary('hold runs against what specs say must come out')
    .description(
      'Run specs: challenges that say under `test` whose decisions are run and what must come out (docs/testing.md).',
    )
    .argument('[files...]', 'spec files, folders or patterns (default: every *.spec.yaml below this folder)')
    .option('-u, --update', 'write snapshots that differ, and remove those that nothing asks for')
    .option('-w, --watch', 'run again what a saved file changes')
    .option('--filter <text>', 'only specs whose id, title or file has it; /x/ is a regular expression')
    .option('--seed <n>', 'one seed')
    .option('--seeds <list>', "seeds: 1,2,3 or 1-50 (default: each spec's own)")
    .option('--bail [n]', 'stop at so many failures (1)')
    .option('-j, --jobs <n>', 'processes at once (default: one for each core)')
    .option('--shard <i/n>', 'run only the cases of this part of n')
    .option('--merge <reports...>', 'report on the JSON reports of all shards as if they had been one run')
    .option(REPORTER_OPTION, REPORTER_HELP, collectReporter)
    .option('--json', 'the same as --reporter json')
    .option('--list', 'print the cases that would be run')
    .option('--ci', 'write no snapshot: one that is not there is a failure (default where CI is set)')
    .option('--no-ci', 'write those that are not there, although CI is set')
    .addHelpText(
      'after',
      `
Reporters:
${REPORTER_NAMES.map(name => `  ${name.padEnd(width)}  ${REPORTERS[name].summary}`).join('\n')}

Examples:
  oomph test
  oomph test specs/slab --filter /order-[23]/ --seeds 1-50
  oomph test "specs/**/*.spec.yaml" -r pretty -r junit=out/junit.xml
  oomph test --shard 2/4 --reporter json=shard-2.json
  oomph test --merge shard-1.json shard-2.json shard-3.json shard-4.json
  oomph test --update

Exit codes: 0 all came out as expected, 1 something did not, 2 a spec, its
policy or an argument is at fault, or nothing was run, 3 oomph or its host
failed, 130 interrupted.`,
    )
    .action(async (names: string[], options: TestOptions) => {
      process.exitCode = await test(names, options);
    });
}

async function test(names: readonly string[], options: TestOptions): Promise<number> {
  const reports = parseReporters([...(options.reporter ?? []), ...(options.json ? ['json'] : [])]);
  if (options.merge !== undefined) return merge(names, options, reports);
  const wish = wishOf(names, options, reports);
  if (options.list) return list(wish, reports);
  if (options.watch) return (await import('./testing/watch.ts')).watchSpecs(wish);
  const selection = selectionOf(findSpecs(names).map(loadSpec), wish);
  return interruptible(async signal => {
    const run = await runSelection(selection, wish, signal);
    writeReports(run, reports);
    return signal.aborted ? EXIT_INTERRUPTED : exitCodeOf(run);
  });
}

function merge(names: readonly string[], options: TestOptions, reports: readonly ReportTarget[]): number {
  const given = Object.entries({
    ...options,
    reporter: undefined,
    json: undefined,
    merge: undefined,
    ci: undefined,
  });
  const [other] = given.find(([, value]) => value !== undefined) ?? [names.length > 0 ? 'a spec' : ''];
  if (other !== '')
    throw new BadInput(`--merge runs nothing: leave out ${names.length > 0 ? names[0] : `--${other}`}`);
  const run = mergeReports(options.merge!);
  writeReports(run, reports);
  return exitCodeOf(run);
}

/** @throws BadInput */
function wishOf(names: readonly string[], options: TestOptions, reports: ReportTarget[]): TestWish {
  if (options.seed !== undefined && options.seeds !== undefined) {
    throw new BadInput('--seed and --seeds were both given: write one of them');
  }
  const list = options.seed ?? options.seeds;
  const ci = options.ci ?? isCi(process.env);
  if (options.update && ci) {
    throw new BadInput(
      `--update writes nothing under CI${options.ci ? '' : ' (the environment has CI set)'}: run it where the change can be read, or with --no-ci`,
    );
  }
  if (options.watch && (options.shard !== undefined || ci)) {
    throw new BadInput(`--watch is for people: leave out ${ci ? '--ci, or add --no-ci' : '--shard'}`);
  }
  return {
    names,
    seeds: list === undefined ? null : parseSeeds(list),
    filter: options.filter === undefined ? null : parseFilter(options.filter),
    bail: parseBail(options.bail),
    jobs: parseJobs(options.jobs),
    shard: options.shard === undefined ? null : parseShard(options.shard),
    reports,
    update: options.update === true,
    ci,
  };
}

/** As CI systems set it, and people who mean the opposite. */
function isCi({ CI }: NodeJS.ProcessEnv): boolean {
  return CI !== undefined && CI !== '' && CI !== '0' && CI !== 'false';
}

function list(wish: TestWish, reports: readonly ReportTarget[]): number {
  const selection = selectionOf(findSpecs(wish.names).map(loadSpec), wish);
  const [{ name, file }] = reports;
  if (reports.length > 1 || file !== null || (name !== 'pretty' && name !== 'json')) {
    throw new BadInput('--list prints lines, or JSON with --json: leave out the other reporters');
  }
  process.stdout.write(name === 'json' ? listJson(selection) : listText(selection));
  return selection.specs.some(({ plan }) => plan === null) ? 2 : EXIT_PASSED;
}
