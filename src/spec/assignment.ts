/** From the text of an assignment.yaml to a plan, with everything that is wrong told at its place. */
import {
  type AssignedChallenge,
  type AssignmentPlan,
  type BonusPlan,
  CREDIT_RULES,
  type CreditRule,
  type Hundredths,
  type LatePlan,
  VISIBILITIES,
  type Visibility,
} from '../contract/assignment.ts';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { METRIC_NAMES, type MetricName } from '../contract/metrics.ts';
import { decode } from './decode.ts';
import { type Located, loadDocument } from './document.ts';
import { Findings, quote } from './findings.ts';
import { checkShape } from './shape.ts';
import { duration, field, integerOf, textOf } from './values.ts';

export interface AssignmentLoad {
  /** Null exactly when a diagnostic is an error. */
  plan: AssignmentPlan | null;
  diagnostics: Diagnostic[];
}

const EXAMPLE = '`assignment: 1`, an `id`, a `title` and a list of `challenges`';
const DAY_MS = 86_400_000;
const HUNDRED_PER_CENT = 10_000;

export function parseAssignment(bytes: Uint8Array, file: string): AssignmentLoad {
  const decoded = decode(bytes, file);
  if ('diagnostic' in decoded) return { plan: null, diagnostics: [decoded.diagnostic] };
  const findings = new Findings(file, decoded.text);
  const root = loadDocument(decoded.text, findings, EXAMPLE);
  let plan: AssignmentPlan | null = null;
  if (root !== null && root.entries === null) {
    findings.error(root, 'E-TOP-LEVEL', 'the file holds no map of keys', { expected: EXAMPLE });
  } else if (root !== null) {
    const errorsBefore = findings.count;
    const shaped = checkShape(root, findings, 'assignment');
    plan = readPlan(findings, root);
    if (!shaped && findings.count === errorsBefore && !findings.hasErrors) {
      findings.error(root, 'E-SHAPE', 'the file does not satisfy schemas/assignment.schema.json', {
        expected: 'a valid assignment',
      });
    }
  }
  const diagnostics = findings.sorted();
  return { plan: findings.hasErrors ? null : plan, diagnostics };
}

function readPlan(findings: Findings, root: Located): AssignmentPlan | null {
  const list = field(root, 'challenges');
  const challenges = (list?.items ?? []).map(node => readChallenge(findings, node)).filter(c => c !== null);
  checkFiles(findings, list);
  const deadlineMs = readDeadline(findings, field(root, 'deadline'));
  const id = textOf(field(root, 'id'));
  const title = textOf(field(root, 'title'));
  if (id === undefined || title === undefined) return null;
  return {
    id,
    title: title.trim(),
    text: textOf(field(root, 'text')) ?? '',
    challenges,
    best: readBest(findings, field(root, 'best'), challenges.length),
    deadlineMs,
    late: readLate(findings, root, deadlineMs),
    starter: readStarter(findings, field(root, 'starter')),
    leaderboard: metricsOf(findings, field(root, 'leaderboard')),
  };
}

function readChallenge(findings: Findings, node: Located): AssignedChallenge | null {
  const challenge = textOf(field(node, 'challenge'));
  const points = pointsOf(findings, field(node, 'points'));
  if (challenge === undefined || points === undefined) return null;
  const seeds = field(node, 'seeds');
  const { line, column } = findings.position((field(node, 'challenge') ?? node).start);
  return {
    challenge,
    file: textOf(field(node, 'file')) ?? usualFile(challenge),
    points,
    credit: wordOf(field(node, 'credit'), CREDIT_RULES, 'seeds') satisfies CreditRule,
    publicSeeds: seedsOf(findings, field(seeds, 'public')),
    hiddenSeeds: integerOf(field(seeds, 'hidden')) ?? 0,
    visibility: visibilityOf(findings, node),
    bonus: (field(node, 'bonus')?.items ?? [])
      .map(item => readBonus(findings, item))
      .filter(bonus => bonus !== null),
    line,
    column,
  };
}

/** `zones/the-sound-card`, `../hw/01-card/challenge.yaml`: the last name that tells them apart. */
function usualFile(challenge: string): string {
  const parts = challenge.split('/').filter(part => part !== '' && !/^challenge\.ya?ml$/.test(part));
  return `${(parts.pop() ?? 'policy').replace(/^\d+-/, '').replace(/\.ya?ml$/, '')}.ts`;
}

function wordOf<Word extends string>(
  node: Located | undefined,
  words: readonly Word[],
  otherwise: Word,
): Word {
  return words.find(word => word === node?.value) ?? otherwise;
}

function visibilityOf(findings: Findings, node: Located): Visibility {
  const place = field(node, 'visibility');
  if (place !== undefined && !integerOf(field(field(node, 'seeds'), 'hidden'))) {
    findings.error(
      place.key ?? place,
      'E-VISIBILITY',
      '`visibility` is about hidden seeds, and there are none',
      {
        expected: '`seeds: {hidden: 5}`, or no `visibility`',
      },
    );
  }
  return wordOf(place, VISIBILITIES, 'hidden');
}

function readBonus(findings: Findings, node: Located): BonusPlan | null {
  const metric = textOf(field(node, 'metric'));
  const points = pointsOf(findings, field(node, 'points'));
  if (metric === undefined || !isMetric(metric) || points === undefined) return null;
  return { metric, at: field(node, 'at')?.value === 'gold' ? 'gold' : 'par', points };
}

const isMetric = (name: string): name is MetricName => (METRIC_NAMES as readonly string[]).includes(name);

/** Exact: `2.5` is 250 hundredths, whatever a double makes of it. */
function pointsOf(findings: Findings, node: Located | undefined): Hundredths | undefined {
  if (node === undefined || typeof node.value !== 'number' || node.value < 0 || node.value > 10_000)
    return undefined;
  const match = /^(\d+)(?:\.(\d{1,2}))?$/.exec(node.source);
  if (match !== null) return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  findings.error(node, 'E-POINTS', `${quote(node.source)} is not a number of points`, {
    expected: 'at most two decimals, such as 2.5',
  });
  return undefined;
}

function seedsOf(findings: Findings, node: Located | undefined): number[] {
  const seeds = new Set<number>();
  for (const item of node?.items ?? []) {
    const seed = integerOf(item);
    if (seed === undefined) continue;
    if (seeds.has(seed))
      findings.error(item, 'E-DUPLICATE', `the seed ${seed} is in the list twice`, {
        expected: 'each seed once',
      });
    seeds.add(seed);
  }
  return [...seeds];
}

/** Two challenges that want the same file could not be told apart in a submission. */
function checkFiles(findings: Findings, list: Located | undefined): void {
  const seen = new Set<string>();
  for (const node of list?.items ?? []) {
    const challenge = textOf(field(node, 'challenge'));
    if (challenge === undefined) continue;
    const place = field(node, 'file') ?? field(node, 'challenge')!;
    const file = textOf(field(node, 'file')) ?? usualFile(challenge);
    // Names that differ in case only are one file on many systems.
    if (seen.has(file.toLowerCase())) {
      findings.error(
        place,
        'E-DUPLICATE',
        `the file ${quote(file)} is handed in for another challenge already`,
        {
          expected: 'a `file` of its own for each challenge',
        },
      );
    }
    seen.add(file.toLowerCase());
  }
}

function readBest(findings: Findings, node: Located | undefined, challenges: number): number {
  const best = integerOf(node);
  if (node === undefined || best === undefined) return challenges;
  if (best > challenges) {
    findings.error(node, 'E-RANGE', `the best ${best} of ${challenges}`, { expected: `1 to ${challenges}` });
  }
  return best;
}

/** `2026-11-30T23:59:00+01:00` in milliseconds since 1970. */
function readDeadline(findings: Findings, node: Located | undefined): number | null {
  const text = textOf(node);
  if (node === undefined || text === undefined) return null;
  const at = timeOf(text);
  if (at === null && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    findings.error(node, 'E-RANGE', `there is no such time as ${quote(text)}`, {
      expected: 'a day of the calendar, 00:00:00 to 23:59:59',
    });
  }
  return at;
}

/** A time as ISO 8601 writes it, with its offset; null for what is none. */
export function timeOf(text: string): number | null {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.exec(
      text.trim(),
    );
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > daysInMonth) return null;
  const zone = match[7];
  const offset = zone === 'Z' ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  if (offset > 14 * 60) return null;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  return utc - (zone.startsWith('-') ? -offset : offset) * 60_000;
}

function readLate(findings: Findings, root: Located, deadlineMs: number | null): LatePlan {
  const node = field(root, 'late');
  if (node === undefined) return { graceMs: 0, perDay: 0, days: Number.POSITIVE_INFINITY };
  if (deadlineMs === null && field(root, 'deadline') === undefined) {
    findings.error(node.key ?? node, 'E-KEY-CONFLICT', '`late` belongs to `deadline`', {
      expected: 'a `deadline`, or no `late`',
    });
  }
  const perDay = percentOf(findings, field(node, 'per_day'));
  const graceUs = duration(findings, field(node, 'grace')) ?? 0;
  return {
    graceMs: Math.floor(graceUs / 1000),
    perDay,
    days: integerOf(field(node, 'days')) ?? Number.POSITIVE_INFINITY,
  };
}

function percentOf(findings: Findings, node: Located | undefined): number {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%$/.exec(textOf(node) ?? '');
  if (node === undefined || match === null) return 0;
  const hundredths = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  if (hundredths <= HUNDRED_PER_CENT) return hundredths;
  findings.error(node, 'E-RANGE', `${quote(node.source)} of the marks`, { expected: '0% to 100%' });
  return 0;
}

/** Days begun since the deadline and its grace; 0: in time. */
export function daysLate(plan: AssignmentPlan, submittedMs: number): number {
  if (plan.deadlineMs === null || submittedMs <= plan.deadlineMs + plan.late.graceMs) return 0;
  return Math.max(1, Math.ceil((submittedMs - plan.deadlineMs) / DAY_MS));
}

function readStarter(findings: Findings, node: Located | undefined): string[] {
  const paths: string[] = [];
  for (const item of node?.items ?? []) {
    const path = textOf(item);
    if (path === undefined) continue;
    if (/^([/~\\]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..')) {
      findings.error(item, 'E-PATH', `${quote(path)} leads out of the folder of the assignment`, {
        expected: 'a path inside it, such as starter/sound-card.ts',
      });
    }
    paths.push(path);
  }
  return paths;
}

function metricsOf(findings: Findings, node: Located | undefined): MetricName[] {
  const metrics: MetricName[] = [];
  for (const item of node?.items ?? []) {
    const name = textOf(item);
    if (name === undefined || !isMetric(name)) continue;
    if (metrics.includes(name))
      findings.error(item, 'E-DUPLICATE', `${quote(name)} is in the list twice`, {
        expected: 'each metric once',
      });
    metrics.push(name);
  }
  return metrics;
}
