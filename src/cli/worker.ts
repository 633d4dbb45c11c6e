import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { plural } from '../report/quantity.ts';
import { BadInput, EXIT_PASSED } from './exit.ts';
import { countOf } from './grade/count.ts';
import { DEFAULT_PREFIX, PASSWORD_VARIABLE, queueAddress } from './grade/queue/address.ts';
import { interruptible } from './interrupt.ts';

interface WorkerOptions {
  queue?: string;
  queuePrefix: string;
  jobs: number;
  lock: number;
  exitWhenIdle?: number;
  pipe?: boolean;
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .summary('mark what `oomph grade --queue` puts in a queue')
    .description(
      'Take jobs from the Redis that `oomph grade --queue` puts them in, mark them, and send back the results. Start as many as there are machines, whenever; what one that dies had in hand, another takes.',
    )
    .option('--queue <url>', 'redis://host:port, redis://host:port/db, or rediss:// for TLS')
    .option('--queue-prefix <name>', 'what the keys in Redis begin with', DEFAULT_PREFIX)
    .option('-j, --jobs <n>', 'processes that mark (default: one a core)', countOf, availableParallelism())
    .option(
      '--lock <seconds>',
      'a job goes to another worker when this one was not heard of for so long',
      countOf,
      10,
    )
    .option('--exit-when-idle <seconds>', 'end after so long without a job (default: never)', countOf)
    .addOption(new Option('--pipe', 'take jobs from the process that started this one').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  oomph worker --queue redis://marks.example.edu:6379
  oomph worker --queue rediss://:secret@marks.example.edu:6380/2 --jobs 8
  oomph worker --queue redis://localhost:6379 --exit-when-idle 60

Its oomph must be the grader's, to the last byte. A password may stand in
$${PASSWORD_VARIABLE} instead of the URL.
Ctrl-C (SIGTERM) lets jobs under way take 5 s more, then gives them back; the
second ends it at once.

Exit codes: 0 it was told to end or nothing came, 2 bad arguments or another
oomph than the grader's, 3 no Redis answers.`,
    )
    .action(async (options: WorkerOptions) => {
      process.exitCode = await worker(options);
    });
}

async function worker(options: WorkerOptions): Promise<number> {
  if (options.pipe) {
    if (process.send === undefined)
      throw new BadInput('--pipe is for `oomph grade`: there is no pipe here. Name a queue with --queue');
    await (await import('./grade/workerProcess.ts')).workForParent();
    return EXIT_PASSED;
  }
  if (options.queue === undefined)
    throw new BadInput('where are the jobs? Name the Redis of the graders: --queue redis://host:port');
  const address = queueAddress(options.queue, options.queuePrefix, process.env);
  const { workForQueue } = await import('./grade/queue/worker.ts');
  const marked = await interruptible(signal =>
    workForQueue({
      address,
      slots: options.jobs,
      lockMs: options.lock * 1000,
      idleMs: (options.exitWhenIdle ?? Number.POSITIVE_INFINITY) * 1000,
      signal,
      tell: line => process.stderr.write(`${line}\n`),
    }),
  );
  process.stderr.write(`marked ${plural(marked, 'run')}\n`);
  return EXIT_PASSED;
}
