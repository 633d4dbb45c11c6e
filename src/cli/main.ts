import { Command } from 'commander';
import { asCalled, callName } from './called.ts';
import { EXIT_PASSED } from './exit.ts';
import { explainFailure } from './failure.ts';
import { version } from './root.ts';

type Register = (program: Command) => void;

interface Verb {
  name: string;
  /** What the list of all verbs says of one that is not loaded for it; the others are. */
  summary?: string;
  load: () => Promise<Register>;
}

/** In the order of the help. Each is loaded when it is asked for: most of what starting took was reading the others. */
const VERBS: readonly Verb[] = [
  {
    name: 'play',
    summary: 'play the challenges in the terminal',
    load: async () => (await import('./play.ts')).registerPlay,
  },
  { name: 'run', load: async () => (await import('./run.ts')).registerRun },
  {
    name: 'test',
    summary: 'hold runs against what specs say must come out',
    load: async () => (await import('./test.ts')).registerTest,
  },
  { name: 'epic', load: async () => (await import('./epic.ts')).registerEpic },
  { name: 'replay', load: async () => (await import('./replay.ts')).registerReplay },
  { name: 'diff', load: async () => (await import('./diff.ts')).registerDiff },
  { name: 'explain', load: async () => (await import('./explain.ts')).registerExplain },
  { name: 'shrink', load: async () => (await import('./shrink.ts')).registerShrink },
  { name: 'new', load: async () => (await import('./new.ts')).registerNew },
  { name: 'policies', load: async () => (await import('./policiesList.ts')).registerPolicies },
  { name: 'lint', load: async () => (await import('./lint.ts')).registerLint },
  { name: 'metrics', load: async () => (await import('./metrics.ts')).registerMetrics },
  { name: 'machine', load: async () => (await import('./machine.ts')).registerMachine },
  { name: 'docs', load: async () => (await import('./docs.ts')).registerDocs },
  { name: 'proc', load: async () => (await import('./proc.ts')).registerProc },
  {
    name: 'import',
    summary: 'make a challenge of a real log',
    load: async () => (await import('./import.ts')).registerImport,
  },
  {
    name: 'grade',
    summary: 'mark the submissions of a class',
    load: async () => (await import('./grade.ts')).registerGrade,
  },
  {
    name: 'verify',
    summary: 'check that marks are as they were given',
    load: async () => (await import('./verify.ts')).registerVerify,
  },
  {
    name: 'similarity',
    summary: 'show which submissions are alike',
    load: async () => (await import('./similarity.ts')).registerSimilarity,
  },
  {
    name: 'worker',
    summary: 'mark what `oomph grade --queue` puts in a queue',
    load: async () => (await import('./worker.ts')).registerWorker,
  },
];

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
  const [first, second] = process.argv.slice(2);
  const asked = VERBS.find(({ name }) => name === (first === 'help' ? second : first));
  // Of the others nothing is shown then.
  const hasOthersShown = asked === undefined && !['-V', '--version'].includes(first);
  for (const verb of VERBS) {
    if (verb === asked || (hasOthersShown && verb.summary === undefined)) (await verb.load())(program);
    else program.command(verb.name).summary(verb.summary ?? '');
  }
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
