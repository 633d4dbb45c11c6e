/** When each submission came, as a table says. */
import { parse as parseCsv } from 'csv-parse/sync';
import { nearest } from '../../contract/nearest.ts';
import { timeOf } from '../../spec/assignment.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';

const MAX_TABLE_BYTES = 16 << 20;

/** When each submission was handed in, by its id. @throws BadInput */
export function readTimes(file: string): Map<string, number> {
  return timeTable(file, 'time', '2026-11-30T22:15:00+01:00', timeOf);
}

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 24 * 60 * MINUTE_MS,
};

/**
 * The deadline of those who have one of their own, by the id of their submission.
 *
 * @param deadlineMs  of the assignment, which `+3d` is counted from
 * @throws BadInput
 */
export function readExtensions(file: string, deadlineMs: number | null): Map<string, number> {
  if (deadlineMs === null) {
    throw new BadInput(
      `${file} extends the deadline, and the assignment has none: give it one, \`deadline:\``,
    );
  }
  return timeTable(file, 'deadline', '2026-12-03T23:59:00+01:00 or +3d, +36h, +90m', text => {
    const more = /^\+(\d{1,5})([dhm])$/.exec(text);
    return more === null ? timeOf(text) : deadlineMs + Number(more[1]) * UNITS_MS[more[2]];
  });
}

/** What grades.csv has before a name that a spreadsheet would take for a formula. */
const QUOTED = /^'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/;

/** A table of submissions and a time of each. @throws BadInput */
function timeTable(
  file: string,
  column: string,
  example: string,
  read: (text: string) => number | null,
): Map<string, number> {
  const text = readTextFile(file, `table with the columns submission and ${column}`, MAX_TABLE_BYTES);
  let rows: Record<string, string>[];
  try {
    rows = parseCsv(text, { bom: true, columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new BadInput(`${file} is no CSV table: ${error instanceof Error ? error.message : String(error)}`);
  }
  const times = new Map<string, number>();
  rows.forEach((row, i) => {
    const { submission, [column]: time } = row;
    if (submission === undefined || time === undefined) {
      throw new BadInput(
        `${file}: its first line must name the columns submission and ${column}, not ${Object.keys(row).join(', ')}`,
      );
    }
    const at = read(time);
    if (at === null) {
      throw new BadInput(
        `${file}, row ${i + 1} (${submission}): ${JSON.stringify(time)} is not a time such as ${example}`,
      );
    }
    const id = submission.normalize('NFC').replace(QUOTED, '');
    if ((times.get(id) ?? at) !== at) {
      throw new BadInput(`${file}, row ${i + 1}: ${id} is there twice, with two times: leave one of them`);
    }
    times.set(id, at);
  });
  if (times.size === 0)
    throw new BadInput(`${file} has no rows: it should have one for each submission that it is about`);
  return times;
}

/**
 * An extension of somebody who handed in nothing does no harm. One with a name that is nearly somebody's does: he would be
 * marked as late.
 *
 * @param deadlineMs  of the assignment
 * @param tell        gets what should be known and stops nothing
 * @throws BadInput
 */
export function checkExtensions(
  extensions: ReadonlyMap<string, number>,
  file: string,
  ids: readonly string[],
  deadlineMs: number,
  tell: (line: string) => void,
): void {
  const known = new Set(ids);
  const without = ids.filter(id => !extensions.has(id));
  const nobody: string[] = [];
  for (const id of extensions.keys()) {
    if (known.has(id)) continue;
    const [meant] = nearest(id, without);
    if (meant !== undefined) {
      throw new BadInput(
        `${file} has an extension for ${id}, and there is no such submission: did you mean ${meant}? If not, leave the row out`,
      );
    }
    nobody.push(id);
  }
  if (nobody.length > 0) tell(`${file} has extensions for submissions that are not there: ${someOf(nobody)}`);
  const earlier = [...extensions].filter(([, at]) => at < deadlineMs).map(([id]) => id);
  if (earlier.length > 0) {
    tell(`${file} has deadlines before that of the assignment, and they count: ${someOf(earlier)}`);
  }
}

/** The first of them, and how many more. */
export const someOf = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/**
 * Whoever is not in the table would pass as in time.
 *
 * @param wanted  ids of those that are marked
 * @param all     of all that were handed in
 * @throws BadInput
 */
export function checkTimes(
  times: ReadonlyMap<string, number>,
  file: string,
  wanted: readonly string[],
  all: readonly string[],
  tell: (line: string) => void,
): void {
  const missing = wanted.filter(id => !times.has(id));
  const known = new Set(all);
  const unknown = [...times.keys()].filter(id => !known.has(id));
  if (missing.length > 0) {
    const [meant] = nearest(missing[0], unknown);
    const rename = meant === undefined ? '' : `, or write ${missing[0]} where it has ${meant}`;
    throw new BadInput(
      `${file} has no time for ${someOf(missing)}: add ${missing.length === 1 ? 'a row' : 'rows'}${rename}`,
    );
  }
  if (unknown.length > 0) tell(`${file} has times of submissions that are not there: ${someOf(unknown)}`);
}
