/** The reports of all shards, put together as if there had been one run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { SpecResult, TestRun } from '../../contract/testing.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';
import { packageRoot } from '../root.ts';
import { statusOf } from './runSpecs.ts';

/** A report of a hundred thousand cases. */
const MAX_REPORT_BYTES = 512 << 20;

/** @throws BadInput  one is no report of a shard, is missing or there twice, or they are not of one run */
export function mergeReports(files: readonly string[]): TestRun {
  const isReport = reportCheck();
  const runs = files.map(file => readReport(file, isReport));
  const { of, nrCases } = runs[0].shard!;
  const byIndex = new Map<number, string>();
  for (const [i, run] of runs.entries()) {
    const shard = run.shard!;
    if (shard.of !== of) {
      throw new BadInput(
        `${files[0]} is one of ${of} shards, ${files[i]} one of ${shard.of}: they are not of one run`,
      );
    }
    if (shard.nrCases !== nrCases) {
      throw new BadInput(
        `the specs of ${files[0]} have ${nrCases} cases, those of ${files[i]} ${shard.nrCases}: the shards did not run the same specs`,
      );
    }
    if (run.version !== runs[0].version) {
      throw new BadInput(
        `${files[0]} is of oomph ${runs[0].version}, ${files[i]} of ${run.version}: run all shards with one`,
      );
    }
    const other = byIndex.get(shard.index);
    if (other !== undefined)
      throw new BadInput(`${other} and ${files[i]} are both shard ${shard.index} of ${of}`);
    byIndex.set(shard.index, files[i]);
  }
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter(index => !byIndex.has(index));
  if (missing.length > 0) {
    const named = missing.map(index => `${index}/${of}`).join(', ');
    throw new BadInput(`${missing.length === 1 ? 'a shard is' : 'shards are'} missing: ${named}`);
  }
  return {
    oomph: 1,
    version: runs[0].version,
    shard: null,
    specs: mergeSpecs(runs),
    stale: [...new Set(runs.flatMap(run => run.stale))].sort(),
    startedMs: Math.min(...runs.map(run => run.startedMs)),
    durationMs: Math.max(...runs.map(run => run.durationMs)),
    bailed: runs.some(run => run.bailed),
  };
}

function mergeSpecs(runs: readonly TestRun[]): SpecResult[] {
  const merged = new Map<string, SpecResult>();
  for (const spec of runs.flatMap(run => run.specs)) {
    const whole = merged.get(spec.file);
    if (whole === undefined) {
      merged.set(spec.file, { ...spec, cases: [...spec.cases], stale: [...spec.stale] });
      continue;
    }
    for (const one of spec.cases) {
      if (whole.cases.some(({ seed }) => seed === one.seed)) {
        throw new BadInput(`seed ${one.seed} of ${spec.file} is in two shards: they are not of one run`);
      }
      whole.cases.push(one);
    }
    if (whole.diagnostics.length === 0) whole.diagnostics = spec.diagnostics;
    whole.stale = [...new Set([...whole.stale, ...spec.stale])].sort();
  }
  const specs = [...merged.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  for (const spec of specs) {
    spec.cases.sort((a, b) => a.seed - b.seed);
    spec.status = statusOf(spec);
  }
  return specs;
}

type Check = (value: unknown) => string;

function reportCheck(): Check {
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });
  const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas', 'test.schema.json'), 'utf8'));
  const validate = ajv.compile(schema);
  return value => (validate(value) ? '' : ajv.errorsText(validate.errors?.slice(0, 1), { dataVar: 'it' }));
}

function readReport(file: string, check: Check): TestRun {
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(file, 'report', MAX_REPORT_BYTES));
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(
      `${file} is no JSON report (${(error as Error).message}): make one with --reporter json=FILE`,
    );
  }
  const why = check(value);
  if (why !== '') throw new BadInput(`${file} is no report of \`oomph test --reporter json\`: ${why}`);
  const run = value as TestRun;
  if (run.shard === null) {
    throw new BadInput(
      `${file} is the report of a whole run, there is nothing to merge: run with --shard 1/2, 2/2 ...`,
    );
  }
  return run;
}
