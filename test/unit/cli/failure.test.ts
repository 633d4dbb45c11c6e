import { CommanderError } from 'commander';
import { BadInput, HostFailure, ToldFailure } from '../../../src/cli/exit.ts';
import { explainFailure } from '../../../src/cli/failure.ts';
import { KernelBug } from '../../../src/engine/index.ts';
import { RunBug } from '../../../src/harness/runBug.ts';
import { WorkloadTooLong } from '../../../src/workload/tapeRows.ts';

const explain = (error: unknown) => explainFailure(error, '1.2.3', ['run', 'x.yaml', '--seed', '7']);

test('what the user gave is named and exits with 2', () => {
  expect(explain(new BadInput('no such thing'))).toEqual({ code: 2, text: 'oomph: no such thing\n' });
  expect(explain(new WorkloadTooLong('t', 'too long at task t')).code).toBe(2);
  expect(explain(new CommanderError(1, 'commander.unknownOption', 'x'))).toEqual({ code: 2, text: '' });
});

test('help and version are no failure', () => {
  expect(explain(new CommanderError(0, 'commander.helpDisplayed', '')).code).toBe(0);
});

test('a broken kernel is our bug, with seed, event and how to report it', () => {
  const { code, text } = explain(
    new RunBug(7, 8213, new KernelBug('double-free', 'freeing pfn 12 twice', 12)),
  );
  expect(code).toBe(3);
  expect(text).toMatch(/^oomph: this is a bug in oomph 1\.2\.3, seed 7, event 8213, not in your files\.\n/);
  expect(text).toContain('KernelBug: freeing pfn 12 twice');
  expect(text).toContain('Please report it');
  expect(text).toContain('  oomph run x.yaml --seed 7\n');
});

test('anything unexpected is our bug too, a host failure is not blamed on anybody', () => {
  expect(explain(new TypeError('x is undefined')).code).toBe(3);
  expect(explain('thrown text').text).toContain('thrown text');
  expect(explain(new HostFailure('the process died twice'))).toEqual({
    code: 3,
    text: 'oomph: the process died twice\n',
  });
});

test('what another process of ours explained already is said as it is', () => {
  expect(explain(new ToldFailure(2, 'oomph: too long\n'))).toEqual({ code: 2, text: 'oomph: too long\n' });
});
