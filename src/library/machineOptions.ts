import type { Diagnostic } from '../contract/diagnostic.ts';
import type { MachineConfig } from '../engine/index.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { OomphError } from './errors.ts';
import type { MachineOptions } from './machineTypes.ts';

/** A challenge around the machine, so that one reader judges both; its workload asks for nothing that any machine lacks. */
const BEFORE = ['{"challenge": 1, "id": "library/boot", "title": "A machine",', '"machine": '];
const AFTER =
  ', "workload": {"length": "1s", "tasks": [{"name": "nobody", "arrive": {"at": ["0s"]}, "run": [{"alloc_pages": {"as": "page", "order": 0, "gfp": ["GFP_ATOMIC"]}}, {"free_pages": "page"}]}]}, "goal": [{"metric": "cycles", "at_most": "1G"}]}';
const MACHINE_LINE = BEFORE.length;

const SIZES = ['ram', 'stack', 'swap', 'at', 'size', 'line', 'bitmap'];

/**
 * The engine's own description of a machine.
 *
 * @throws OomphError `bad-machine`
 */
export function machineConfig(options: MachineOptions): MachineConfig {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OomphError(
      'bad-machine',
      "boot() takes the options of a machine, such as {arch: 'i386', ram: '64MiB'}",
    );
  const json = JSON.stringify(options, (key, value: unknown) =>
    typeof value === 'number' && SIZES.includes(key) ? `${value}B` : value,
  );
  const text = `${BEFORE.join('\n')}${json}${AFTER}\n`;
  const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(text), 'boot()');
  if (plan !== null) return plan.machine;
  const faults = diagnostics.filter(({ severity }) => severity === 'error').map(inOptions);
  const [{ message, expected, suggestions }] = faults;
  const guess = suggestions?.length ? `; did you mean ${suggestions.join(' or ')}?` : '';
  throw new OomphError('bad-machine', `no such machine: ${message}: expected ${expected}${guess}`, {
    diagnostics: faults,
  });
}

/** Line 1 is the options as JSON; what surrounds them is nobody's. */
function inOptions({ line, column, frame: _, ...rest }: Diagnostic): Diagnostic {
  const before = line === MACHINE_LINE ? BEFORE[MACHINE_LINE - 1].length : 0;
  return { ...rest, line: 1, column: Math.max(1, column - before) };
}
