import type { Verdict } from '../contract/verdict.ts';
import type { Difference, Replay, ReplayProblem } from '../harness/record.ts';
import { grouped, plural } from './quantity.ts';
import { harmless } from './sourceColumns.ts';
import { PLAIN, type Style } from './style.ts';
import { wrap } from './wrap.ts';

const DIFFERENCES_SHOWN = 12;
const VALUE_COLUMNS = 60;

export interface ReplayReport {
  /** As the user named it. */
  file: string;
  /** Version that wrote it, and version that plays it. */
  recordedBy: string;
  playedBy: string;
  challenge: string;
  title: string;
  seed: number;
  policy: { name: string; hash: string; tokens: number; hooks: readonly string[] } | null;
  nrDecisions: number;
  nrBytes: number;
  stateHash: string;
  replay: Replay;
  /** Of the replay; null where the machine broke. */
  verdict: Verdict | null;
}

/** What was found, for people: the verdict stands before it. */
export function replayText(report: ReplayReport, style: Style = PLAIN): string {
  const { replay, policy } = report;
  const { problems } = replay;
  const lines: string[] = [];
  const by = policy === null ? 'Linux decided' : `policy ${harmless(policy.name)}, hash ${policy.hash}`;
  lines.push(
    `Record ${harmless(report.file)}: ${report.challenge}, seed ${report.seed}`,
    `${by}; ${plural(report.nrDecisions, 'decision')} in ${plural(report.nrBytes, 'byte')}; oomph ${harmless(report.recordedBy)}`,
    '',
  );
  if (problems.length === 0) {
    lines.push(
      style.good(`the record holds: same verdict, same metrics, same memory (state ${report.stateHash})`),
    );
    return `${lines.join('\n')}\n`;
  }
  lines.push(style.bad('the record does not hold'));
  for (const { kind, message } of problems) lines.push(...wrap(`${KINDS[kind]}: ${harmless(message)}`, '  '));
  if (replay.differences.length > 0) lines.push('', ...differenceLines(replay.differences));
  lines.push('', ...wrap(cause(report)));
  return `${lines.join('\n')}\n`;
}

const KINDS: Record<ReplayProblem['kind'], string> = {
  workload: 'other workload',
  decisions: 'decisions that do not fit',
  result: 'other result',
};

function differenceLines(differences: readonly Difference[]): string[] {
  const shown = differences.slice(0, DIFFERENCES_SHOWN);
  const lines = shown.map(
    ({ path, recorded, replayed }) =>
      `  ${harmless(path)}: ${valueText(recorded)} in the record, ${valueText(replayed)} now`,
  );
  const more = differences.length - shown.length;
  return more > 0 ? [...lines, `  and ${grouped(more)} more`] : lines;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return grouped(value);
  const text = harmless(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length <= VALUE_COLUMNS ? text : `${text.slice(0, VALUE_COLUMNS)}...`;
}

/** Whose doing it is, as far as it can be known, and what to do. */
function cause({ recordedBy, playedBy }: ReplayReport): string {
  if (recordedBy !== playedBy) {
    return (
      `It was recorded by oomph ${harmless(recordedBy)} and played by oomph ${playedBy}: another version may decide otherwise. ` +
      'Replay it with the version that recorded it, or record the run again.'
    );
  }
  return (
    `The checksum of the file is right and oomph ${playedBy} recorded it, so somebody wrote other contents into it, ` +
    'or one of the two was built from sources that had been changed. Record the run again.'
  );
}

/** The same for programs: what `schemas/replay.schema.json` describes. */
export function replayJson(report: ReplayReport): string {
  const { replay, verdict, nrDecisions, nrBytes, ...rest } = report;
  const value = {
    replay: 1,
    ...rest,
    decisions: nrDecisions,
    bytes: nrBytes,
    holds: replay.problems.length === 0,
    problems: replay.problems,
    differences: replay.differences.map(({ path, recorded, replayed }) => ({
      path,
      recorded: recorded ?? null,
      replayed: replayed ?? null,
    })),
    verdict,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
