/** `npm run conformance -- DIR…`: replay every trace of the kernel under the folders and compare every answer. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '../root.ts';
import { replayTrace } from './replayTrace.ts';
import type { ReplayResult } from './trace.ts';

const DEFAULT_DIR = join(packageRoot, 'test', 'differential', 'linux-2.6.0');

function tracesUnder(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  const found: string[] = [];
  for (const name of readdirSync(path).sort()) {
    const inner = join(path, name);
    if (statSync(inner).isDirectory()) found.push(...tracesUnder(inner));
    else if (/\.tsv(\.gz)?$/.test(name)) found.push(inner);
  }
  return found;
}

function replayFile(path: string): ReplayResult {
  const bytes = readFileSync(path);
  try {
    return replayTrace((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    return { notUnderstood: (error as Error).message, operations: 0, divergences: [] };
  }
}

function main(args: readonly string[]): number {
  const dirs = args.length > 0 ? args : [DEFAULT_DIR];
  let files = 0;
  let operations = 0;
  let divergences = 0;
  let notUnderstood = 0;
  for (const dir of dirs) {
    let paths: string[];
    try {
      paths = tracesUnder(dir);
    } catch (error) {
      console.error(
        `conformance: cannot read ${dir}: ${(error as Error).message}. Give folders of .tsv or .tsv.gz traces.`,
      );
      return 2;
    }
    if (paths.length === 0) {
      console.error(`conformance: no .tsv or .tsv.gz trace under ${dir}`);
      return 2;
    }
    for (const path of paths) {
      const name = relative(process.cwd(), path);
      const result = replayFile(path);
      files++;
      if (result.notUnderstood !== '') {
        notUnderstood++;
        console.log(`${name}: not understood: ${result.notUnderstood}`);
        continue;
      }
      operations += result.operations;
      divergences += result.divergences.length;
      console.log(`${name}: ${result.operations} operations, ${result.divergences.length} divergences`);
      for (const d of result.divergences) {
        console.log(
          `${name}:${d.line}: operation ${d.op}: ${d.request}: expected ${d.expected}, got ${d.got}`,
        );
      }
    }
  }
  console.log(
    `conformance: ${files} files, ${operations} operations, ${divergences} divergences, ${notUnderstood} files not understood`,
  );
  if (divergences > 0) return 1;
  if (operations > 0) return 0;
  console.error('conformance: nothing was replayed, so nothing is shown to be right');
  return 2;
}

process.exitCode = main(process.argv.slice(2));
