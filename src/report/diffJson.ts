import type { MapAt } from '../harness/compare.ts';
import { PAGE_KINDS, SAME } from '../harness/pageKinds.ts';
import { areSame, type DiffReport } from './diffText.ts';
import { zoneText } from './requestText.ts';

/** The comparison for programs: what `schemas/diff.schema.json` describes. */
export function diffJson(report: DiffReport): string {
  const { comparison, challenge, title, seed } = report;
  const { answers, memory, metrics, maps } = comparison;
  const side = (which: 'a' | 'b'): object => {
    const { outcome, stars, nrOps, nrFaults, stateHash, goals } = comparison[which];
    return {
      ...report[which],
      outcome,
      stars,
      nrOps,
      nrFaults,
      stateHash,
      goals: goals.map(({ text, held, value, unit }) => ({ text, held, value, unit })),
    };
  };
  const value = {
    diff: 1,
    challenge,
    title,
    seed,
    same: areSame(report),
    a: side('a'),
    b: side('b'),
    answers,
    memory,
    metrics,
    maps: maps.map(mapJson),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function mapJson({ when, op, timeUs, zones }: MapAt): object {
  const kinds = (cells: Uint8Array): string[] =>
    Array.from(cells, kind => (kind === SAME ? 'same' : PAGE_KINDS[kind]));
  return {
    when,
    op,
    timeUs,
    zones: zones.map(zone => ({
      zone: zoneText(zone.zone),
      nrPages: zone.nrPages,
      differing: zone.differing,
      changes: zone.changes,
      pagesPerCell: zone.pagesPerCell,
      a: kinds(zone.a),
      b: kinds(zone.b),
    })),
  };
}
