import { Command } from 'commander';
import { asCalled, callName } from './called.ts';
import { registerDiff } from './diff.ts';
import { registerDocs } from './docs.ts';
import { registerEpic } from './epic.ts';
import { EXIT_PASSED } from './exit.ts';
import { registerExplain } from './explain.ts';
import { explainFailure } from './failure.ts';
import { registerLint } from './lint.ts';
import { registerMachine } from './machine.ts';
import { registerMetrics } from './metrics.ts';
import { registerNew } from './new.ts';
import { registerPolicies } from './policiesList.ts';
import { registerProc } from './proc.ts';
import { registerReplay } from './replay.ts';
import { version } from './root.ts';
import { registerRun } from './run.ts';
import { registerShrink } from './shrink.ts';

async function buildProgram(): Promise<Command> {
  const program = new Command('oomph')
    .description('The Linux 2.6 memory manager as something you can play, grade and regression-test.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'explain a command')
    .showSuggestionAfterError()
    .showHelpAfterError(`Try \`${callName()} --help\`.`)
    .configureOutput({ writeOut: text => process.stdout.write(asCalled(text)) })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  oomph play                             play the challenges in the terminal
  oomph run zones/the-sound-card         see how Linux fares
  oomph new policy zones/the-sound-card  start a policy of your own
  oomph run zones/the-sound-card -p oomph-policies/zones/the-sound-card.ts

Exit codes: 0 passed, 1 a goal was not met, 2 bad arguments or files, 3 oomph
failed.`,
    );
  await registerPlay(program);
  registerRun(program);
  await registerTest(program);
  registerEpic(program);
  registerReplay(program);
  registerDiff(program);
  registerExplain(program);
  registerShrink(program);
  registerNew(program);
  registerPolicies(program);
  registerLint(program);
  registerMetrics(program);
  registerMachine(program);
  registerDocs(program);
  registerProc(program);
  await registerImporters(program);
  await registerCoursework(program);
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** Subcommands of subcommands too: commander copies these settings only to commands made after them. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  command.showHelpAfterError(`Try \`${[callName(), ...pathOf(command)].join(' ')} --help\`.`);
  for (const child of command.commands) inherit(child, command);
}

/** `new policy`, without the name of the program. */
function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** The game and blessed are loaded only when somebody plays. */
async function registerPlay(program: Command): Promise<void> {
  if (process.argv.slice(2, 4).includes('play')) (await import('./play.ts')).registerPlay(program);
  else program.command('play').summary('play the challenges in the terminal');
}

/** The readers of logs are loaded only when somebody imports. */
async function registerImporters(program: Command): Promise<void> {
  if (process.argv.slice(2, 4).includes('import')) (await import('./import.ts')).registerImport(program);
  else program.command('import').summary('make a challenge of a real log');
}

/** Reports, differences and patterns are loaded only when somebody tests. */
async function registerTest(program: Command): Promise<void> {
  if (process.argv.slice(2, 4).includes('test')) (await import('./test.ts')).registerTest(program);
  else program.command('test').summary('hold runs against what specs say must come out');
}

/** Loaded only when somebody marks: databases, archives and tables are of no use to anybody else. */
async function registerCoursework(program: Command): Promise<void> {
  if (process.argv.slice(2, 4).includes('grade')) (await import('./grade.ts')).registerGrade(program);
  else program.command('grade').summary('mark the submissions of a class');
  if (process.argv.slice(2, 4).includes('verify')) (await import('./verify.ts')).registerVerify(program);
  else program.command('verify').summary('check that marks are as they were given');
  if (process.argv.slice(2, 4).includes('similarity'))
    (await import('./similarity.ts')).registerSimilarity(program);
  else program.command('similarity').summary('show which submissions are alike');
  if (process.argv.slice(2, 4).includes('worker')) (await import('./worker.ts')).registerWorker(program);
  else program.command('worker').summary('mark what `oomph grade --queue` puts in a queue');
}

async function main(): Promise<void> {
  silenceClosedPipes();
  try {
    await (await buildProgram()).parseAsync(process.argv);
  } catch (error) {
    const { code, text } = explainFailure(error, version, process.argv.slice(2));
    process.stderr.write(text);
    process.exitCode = code;
  }
}

/** `oomph metrics | head -1`: the reader went away, there is nothing left to say. */
function silenceClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The terminal is gone, and with it everybody to tell: anything more, an exit handler too, would write again.
      if (error.code === 'EIO' || error.code === 'ENXIO') process.kill(process.pid, 'SIGKILL');
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? EXIT_PASSED);
    });
  }
}

await main();
