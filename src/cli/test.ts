import type { Command } from 'commander';
import { CaseRunner } from '../harness/testing/runCase.ts';
import { testWords } from '../report/testing/words.ts';
import { EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_OUR_BUG, EXIT_PASSED } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { startSandbox } from './sandbox.ts';
import { findSpecs } from './testing/find.ts';
import { type Case, runSpecs } from './testing/runSpecs.ts';
import { loadSpec } from './testing/specs.ts';
import {
  collectReporter,
  parseReporters,
  REPORTER_HELP,
  REPORTER_OPTION,
  writeReports,
} from './testReporters.ts';

interface TestOptions {
  update?: boolean;
  ci?: boolean;
  reporter?: string[];
}

export function registerTest(program: Command): void {
  program
    .command('test')
    .summary('hold runs against what specs say must come out')
    .description(
      'Run specs: challenges that say under `test` whose decisions are run and what must come out.',
    )
    .argument('[files...]', 'spec files, folders or patterns (default: every *.spec.yaml below this folder)')
    .option('-u, --update', 'write snapshots that differ, and remove those that nothing asks for')
    .option(
      '--ci',
      'write nothing: a snapshot that is not there is a failure (set where the environment has CI)',
    )
    .option(REPORTER_OPTION, REPORTER_HELP, collectReporter)
    .action(async (names: string[], options: TestOptions) => {
      process.exitCode = await test(names, options);
    });
}

async function test(names: readonly string[], options: TestOptions): Promise<number> {
  const reports = parseReporters(options.reporter);
  const specs = findSpecs(names).map(loadSpec);
  const cases: Case[] = specs.flatMap(spec => {
    const { plan } = spec;
    return plan === null ? [] : plan.seeds.map(seed => ({ spec, plan, seed }));
  });
  return interruptible(async signal => {
    const runner = new CaseRunner(startSandbox, testWords, signal);
    let turn: Promise<unknown> = Promise.resolve();
    const run = await runSpecs(
      specs,
      cases,
      {
        bail: 0,
        update: options.update === true,
        ci: options.ci === true || Boolean(process.env['CI']),
        shard: null,
        signal,
        progress: () => {},
      },
      task => {
        const end = turn.then(() => runner.run(task));
        turn = end.catch(() => undefined);
        return end;
      },
    );
    await runner.close();
    writeReports(run, reports);
    if (signal.aborted) return EXIT_INTERRUPTED;
    const results = run.specs.flatMap(spec => spec.cases);
    if (results.some(({ status }) => status === 'error')) return EXIT_OUR_BUG;
    if (run.specs.some(({ status }) => status === 'error')) return EXIT_BAD_INPUT;
    return results.some(({ status }) => status === 'failed') ? EXIT_LOST : EXIT_PASSED;
  });
}
