/** When each submission came, as a table says. */
import { parse as parseCsv } from 'csv-parse/sync';
import { plural } from '../../report/quantity.ts';
import { timeOf } from '../../spec/assignment.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';

const MAX_TABLE_BYTES = 16 << 20;

/** When each submission was handed in, by its id. @throws BadInput */
export function readTimes(file: string): Map<string, number> {
  const text = readTextFile(file, 'table of times', MAX_TABLE_BYTES);
  let rows: Record<string, string>[];
  try {
    rows = parseCsv(text, { bom: true, columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new BadInput(`${file} is no CSV table: ${error instanceof Error ? error.message : String(error)}`);
  }
  const times = new Map<string, number>();
  rows.forEach((row, i) => {
    const { submission, time } = row;
    if (submission === undefined || time === undefined) {
      throw new BadInput(
        `${file}: its first line must name the columns submission and time, not ${Object.keys(row).join(', ')}`,
      );
    }
    const at = timeOf(time);
    if (at === null) {
      throw new BadInput(
        `${file}, row ${i + 1} (${submission}): ${JSON.stringify(time)} is not a time such as 2026-11-30T22:15:00+01:00`,
      );
    }
    times.set(submission.normalize('NFC'), at);
  });
  if (times.size === 0) throw new BadInput(`${file} has no rows: it should have one for each submission`);
  return times;
}

/** Whoever is not in the table would pass as in time. @throws BadInput */
export function checkTimes(
  times: ReadonlyMap<string, number>,
  file: string,
  ids: readonly string[],
  only: readonly string[] | undefined,
): void {
  const missing = ids.filter(id => !times.has(id));
  if (missing.length > 0) {
    throw new BadInput(
      `${file} has no time for ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}: add ${missing.length === 1 ? 'a row' : 'rows'}`,
    );
  }
  const unknown = [...times.keys()].filter(id => !ids.includes(id));
  if (only === undefined && unknown.length > 0) {
    process.stderr.write(
      `${file} names ${plural(unknown.length, 'submission')} that ${unknown.length === 1 ? 'is' : 'are'} not there, such as ${unknown[0]}\n`,
    );
  }
}
