/** What shrinking came to: above the file that it wrote, on the terminal, and for programs. */
import { type Failure, failureText } from '../../harness/shrink/failureClass.ts';
import type { Shrunk } from '../../harness/shrink/shrink.ts';
import type { Size } from '../../harness/shrink/size.ts';
import type { PolicySize } from '../../policy/shrink/policyEdits.ts';
import { duration, grouped, plural } from '../quantity.ts';
import { harmless } from '../sourceColumns.ts';
import { PLAIN, type Style } from '../style.ts';
import { WIDTH, wrap } from '../wrap.ts';

export interface ShrinkReport {
  version: string;
  challenge: string;
  /** The file that was shrunk, as the user would name it. */
  file: string;
  /** `none`: Linux decided. */
  policy: string;
  seed: number;
  /** `oomph shrink zones/card --policy card.ts --seed 3` */
  command: string;
  /** Where it was written, '' for standard output. */
  out: string;
  linuxHolds: boolean;
  shrunk: Shrunk;
  /** Where that was asked for. */
  policyShrunk?: { before: PolicySize; after: PolicySize; text: string; out: string; linuxFails: boolean };
}

const MIB = 1 << 20;

const ramText = (bytes: number): string =>
  bytes % MIB === 0 ? `${grouped(bytes / MIB)} MiB` : `${grouped(bytes / 1024)} KiB`;

/** `1,481 times fewer` */
export function fewer({ before, after }: Pick<Shrunk, 'before' | 'after'>): string {
  const times = Math.floor((10 * before.operations) / Math.max(1, after.operations));
  const text =
    times >= 100 || times % 10 === 0
      ? grouped(Math.floor(times / 10))
      : `${Math.floor(times / 10)}.${times % 10}`;
  return `${text} times fewer`;
}

/** What changed of the sizes, as `tasks 5 -> 1`. */
function changes(before: Size, after: Size): string[] {
  const rows: [string, (size: Size) => string][] = [
    ['tasks', ({ tasks }) => grouped(tasks)],
    ['steps', ({ steps }) => grouped(steps)],
    ['length', ({ lengthUs }) => duration(lengthUs)],
    ['RAM', ({ ramBytes }) => ramText(ramBytes)],
    ['CPUs', ({ cpus }) => grouped(cpus)],
    ['seeds', ({ seeds }) => grouped(seeds)],
    ['random amounts', ({ random }) => grouped(random)],
  ];
  return rows.flatMap(([name, text]) =>
    text(before) === text(after) ? [] : [`${name} ${text(before)} -> ${text(after)}`],
  );
}

/** The comment above the file, in lines; the first goes on behind `Shrunk by oomph `. */
export function shrinkHeader({ file, command, shrunk, seed, linuxHolds }: ShrinkReport): string[] {
  const { before, after, failure } = shrunk;
  const sizes = [
    `operations ${grouped(before.operations)} -> ${grouped(after.operations)} (${fewer(shrunk)})`,
    ...changes(before, after),
  ];
  const linux = linuxHolds ? ' Linux alone does not fail so.' : '';
  return [
    `from ${harmless(file)}, and it still fails in the same way on seed ${seed}:`,
    ...wrap(harmless(`${failureText(failure)}.${linux}`), '  ', 100),
    ...wrap(`${sizes.join(', ')}.`, '', 100),
    harmless(command),
  ];
}

/** The comment above a policy, in lines. */
export function policyHeader(from: string, command: string, before: PolicySize, after: PolicySize): string[] {
  return [
    `Shrunk by oomph from ${harmless(from)}: tokens ${grouped(before.tokens)} -> ${grouped(after.tokens)}.`,
    harmless(command),
  ];
}

export function shrinkText(report: ShrinkReport, style: Style = PLAIN): string {
  const { shrunk, challenge, seed, policy, out, linuxHolds } = report;
  const { before, after, failure, tried, work, end } = shrunk;
  const isSmaller =
    shrunk.after !== before && (after.operations < before.operations || after.nodes < before.nodes);
  const lines = [
    `${style.strong(harmless(challenge))}, seed ${seed}, ${policy === 'none' ? 'Linux decides' : `policy ${harmless(policy)}`}`,
    ...wrap(harmless(`It fails: ${failureText(failure)}.`), '', WIDTH),
  ];
  if (linuxHolds) lines.push('Linux alone does not fail so, before and after.');
  lines.push(
    isSmaller
      ? style.good(
          `operations ${grouped(before.operations)} -> ${grouped(after.operations)}, ${fewer(shrunk)}`,
        )
      : 'nothing smaller was found that fails in the same way',
    ...changes(before, after).map(change => `  ${change}`),
    ...policyLines(report),
    `${plural(tried, 'candidate')} played, work ${grouped(work)}`,
  );
  if (end === 'limit')
    lines.push('The limit was reached: a larger --limit may find something smaller still.');
  if (end === 'stopped') lines.push('Interrupted: this is the smallest so far.');
  const places = [out, report.policyShrunk?.out ?? ''].filter(place => place !== '').map(harmless);
  if (places.length > 0) lines.push(`written to ${places.join(' and ')}`);
  return `${lines.join('\n')}\n`;
}

function policyLines({ policyShrunk }: ShrinkReport): string[] {
  if (policyShrunk === undefined) return [];
  const { before, after, linuxFails } = policyShrunk;
  const linux = linuxFails ? ['Linux alone fails so as well: nothing of the policy is needed.'] : [];
  if (before.tokens === after.tokens && before.detail === after.detail)
    return ['nothing smaller was found of the policy', ...linux];
  return [`policy: tokens ${grouped(before.tokens)} -> ${grouped(after.tokens)}`, ...linux];
}

/** For programs: what `schemas/shrink.schema.json` describes. */
export function shrinkJson(report: ShrinkReport): string {
  const { version, challenge, file, policy, seed, command, out, linuxHolds, shrunk, policyShrunk } = report;
  const { failure, before, after, tried, work, end, text } = shrunk;
  const value = {
    shrink: 1,
    oomph: version,
    challenge,
    file,
    policy,
    seed,
    command,
    out,
    failure: failureJson(failure),
    linuxHolds,
    before: sizeJson(before),
    after: sizeJson(after),
    times: Math.floor((10 * before.operations) / Math.max(1, after.operations)) / 10,
    tried,
    work,
    end,
    yaml: text,
    ...(policyShrunk === undefined
      ? {}
      : {
          policyShrunk: {
            before: policyShrunk.before.tokens,
            after: policyShrunk.after.tokens,
            out: policyShrunk.out,
            text: policyShrunk.text,
          },
        }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const failureJson = ({ what, kind, trouble, side }: Failure) => ({ what, kind, trouble, side });

function sizeJson({ operations, tasks, steps, lengthUs, ramBytes, cpus, seeds, random }: Size) {
  return { operations, tasks, steps, lengthUs, ramBytes, cpus, seeds, random };
}
