/** Replays a trace of the kernel on the engine and compares every answer. */
import { GEOM_LINES } from './geomTrace.ts';
import { MAP_LINES } from './mapTrace.ts';
import { PAGE_LINES } from './pageTrace.ts';
import { CACHE_DUMP_TAGS, endDump, SLAB_LINES } from './slabTrace.ts';
import { type LineHandler, type ReplayResult, type TraceHeader, TraceRun } from './trace.ts';

const LINES: Readonly<Record<string, LineHandler>> = {
  H: () => {},
  ...PAGE_LINES,
  ...SLAB_LINES,
  ...MAP_LINES,
  ...GEOM_LINES,
};

/** A line without its comment, in fields; traces of the kernel use tabs, those by hand may use spaces. */
function fieldsOf(line: string): string[] {
  const bare = line.startsWith('#') ? '' : line.replace(/\s+#.*$/, '').trimEnd();
  if (bare === '') return [];
  return bare.includes('\t') ? bare.split('\t') : bare.split(/ +/);
}

/** The header, or why the trace cannot be replayed. */
function headerOf(lines: readonly string[]): TraceHeader | string {
  if (!/^H[\t ]/.test(lines[0] ?? '')) return 'the first line is not a header';
  let header: TraceHeader;
  try {
    header = JSON.parse(lines[0].slice(2)) as TraceHeader;
  } catch (error) {
    return `the header is not JSON: ${(error as Error).message}`;
  }
  if (header.v !== 1) return `format version ${header.v}`;
  if (header.kernel !== '2.6.0') return `kernel ${header.kernel}`;
  for (const line of lines) {
    const tag = fieldsOf(line)[0];
    if (tag !== undefined && !(tag in LINES)) return `lines tagged '${tag}'`;
  }
  return header;
}

/** @param most divergences to keep; the replay ends when there are as many */
export function replayTrace(text: string, most = 20): ReplayResult {
  const lines = text.split('\n');
  const header = headerOf(lines);
  if (typeof header === 'string') return { notUnderstood: header, operations: 0, divergences: [] };
  let run: TraceRun;
  try {
    run = new TraceRun(header);
  } catch (error) {
    return { notUnderstood: `no such machine: ${(error as Error).message}`, operations: 0, divergences: [] };
  }
  for (let i = 0; i < lines.length && run.divergences.length < most; i++) {
    const fields = fieldsOf(lines[i]);
    if (fields.length === 0) continue;
    run.line = i + 1;
    try {
      if (!CACHE_DUMP_TAGS.includes(fields[0])) endDump(run);
      LINES[fields[0]](run, fields);
    } catch (error) {
      run.differ(fields.join(' '), 'no error', String(error));
      break;
    }
  }
  if (run.divergences.length < most) endDump(run);
  const notUnderstood =
    run.compared === 0 && run.divergences.length === 0 ? 'no answers to compare with' : '';
  return { notUnderstood, operations: run.op, divergences: run.divergences };
}
