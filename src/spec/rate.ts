import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { describe, type QuantityKind, resolve, SIZE } from './quantity.ts';

const EXPECTED = 'a rate such as 20/s or 1.5k/s';
const PER_US: Readonly<Record<string, bigint>> = {
  us: 1n,
  ms: 1000n,
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
};
const SCALE: Readonly<Record<string, bigint>> = { '': 1n, k: 1000n, M: 1_000_000n };

/** `20/s` as the mean gap in whole microseconds, nearest; undefined after a finding. */
export function readRate(findings: Findings, node: Located): number | undefined {
  if (findings.isFaulty(node)) return undefined;
  if (
    node.value === null ||
    node.entries !== null ||
    node.items !== null ||
    typeof node.value === 'boolean'
  ) {
    const place = node.value === null ? (node.key ?? node) : node;
    findings.error(place, 'E-TYPE', `${describe(node)} where a rate is wanted`, { expected: EXPECTED });
    return undefined;
  }
  const match = /^([0-9]{1,15})(?:\.([0-9]{1,6}))?([kM]?)\/(us|ms|s|m|h)$/.exec(node.source);
  if (match === null) {
    const suggestions = suggest(node.source);
    const code = /^[0-9.]+[kM]?$/.test(node.source) ? 'E-UNIT-MISSING' : 'E-RATE';
    const wrong = code === 'E-RATE' ? 'is not a rate' : 'has no unit';
    findings.error(node, code, `${quote(node.source)} ${wrong}`, { expected: EXPECTED, suggestions });
    return undefined;
  }
  const [, whole, fraction = '', scale, unit] = match;
  const count = BigInt(whole + fraction) * SCALE[scale];
  if (count === 0n) {
    findings.error(node, 'E-RATE', 'at a rate of 0 the task never runs', { expected: EXPECTED });
    return undefined;
  }
  const per = PER_US[unit] * 10n ** BigInt(fraction.length);
  const gap = (2n * per + count) / (2n * count);
  if (per < count) {
    findings.error(node, 'E-RATE', `${quote(node.source)} is more than one each microsecond`, {
      expected: 'at most 1/us',
    });
    return undefined;
  }
  if (gap > BigInt(Number.MAX_SAFE_INTEGER)) {
    findings.error(node, 'E-RATE', `${quote(node.source)} is too rare to mean anything`, {
      expected: EXPECTED,
    });
    return undefined;
  }
  return Number(gap);
}

function suggest(text: string): string[] {
  if (/^[0-9]+(\.[0-9]+)?[kM]?$/.test(text)) return [`${text}/s`];
  const tidy = text
    .replace(/\s+/g, '')
    .replace(/\/(sec|second|seconds)$/, '/s')
    .replace(/\/(min|minute|minutes)$/, '/m')
    .replace(/\/(hour|hr)$/, '/h')
    .replace(/(hz|per_?s|ps)$/i, '/s');
  if (tidy !== text && /^[0-9.]+[kM]?\/(us|ms|s|m|h)$/.test(tidy)) return [tidy];
  // A duration was written: the rate of one each so long.
  const gap = /^([0-9]+)(us|ms|s)$/.exec(text);
  if (gap === null) return [];
  const us = Number(gap[1]) * Number(PER_US[gap[2]]);
  return us > 0 && 1_000_000 % us === 0 ? [`${1_000_000 / us}/s`] : [];
}

/** Bytes a second, decimal as drives are sold, or binary as memory is. */
const SPEED: QuantityKind = {
  ...SIZE,
  name: 'speed',
  expected: 'a speed such as 30MB/s (B, kB, MB, GB, KiB, MiB or GiB a second)',
  units: { ...SIZE.units, kB: 1000n, MB: 1_000_000n, GB: 1_000_000_000n },
  near: {
    b: 'B',
    k: 'kB',
    kb: 'kB',
    kib: 'KiB',
    m: 'MB',
    mb: 'MB',
    mib: 'MiB',
    g: 'GB',
    gb: 'GB',
    gib: 'GiB',
  },
  usual: ['MB'],
  whole: 'bytes a second',
};

/** `30MB/s` as bytes a second; undefined after a finding, or when the place already has one. */
export function readSpeed(
  findings: Findings,
  node: Located | undefined,
  least: number,
  most: number,
): number | undefined {
  if (node === undefined || findings.isFaulty(node)) return undefined;
  const { expected } = SPEED;
  if (typeof node.value !== 'string' && typeof node.value !== 'number') {
    const place = node.value === null ? (node.key ?? node) : node;
    findings.error(place, 'E-TYPE', `${describe(node)} where a speed is wanted`, { expected });
    return undefined;
  }
  const match = /^(.*)\/s$/.exec(node.source);
  if (match === null) {
    const suggestions = /^[0-9.]+[A-Za-z]+$/.test(node.source) ? [`${node.source}/s`] : [];
    findings.error(node, 'E-RATE', `${quote(node.source)} is not a speed`, { expected, suggestions });
    return undefined;
  }
  const bytes = resolve(findings, node, match[1], SPEED);
  if (bytes === undefined || (bytes >= least && bytes <= most)) return bytes;
  findings.error(node, 'E-RANGE', `${quote(node.source)} is no speed of a disk`, {
    expected: '64KiB/s to 100GB/s',
  });
  return undefined;
}
