import type { Located } from './document.ts';
import { Findings, quote } from './findings.ts';

/** Numbers with units, resolved by integer arithmetic: `1.9M` is 1900000 exactly, and what is not whole is refused. */
export interface QuantityKind {
  /** As messages call it. */
  name: string;
  expected: string;
  units: Readonly<Record<string, bigint>>;
  /** Units that people write, and what they mean by them. */
  near: Readonly<Record<string, string>>;
  /** A number without a unit: refused unless set. */
  bare: boolean;
  /** Unit offered for a bare number. */
  usual: readonly string[];
  whole: string;
}

const BYTE_UNITS = { B: 1n, KiB: 1n << 10n, MiB: 1n << 20n, GiB: 1n << 30n };

export const SIZE: QuantityKind = {
  name: 'size',
  expected: 'a size with its unit, such as 64MiB (B, KiB, MiB, GiB)',
  units: BYTE_UNITS,
  near: {
    b: 'B',
    byte: 'B',
    bytes: 'B',
    k: 'KiB',
    kb: 'KiB',
    kib: 'KiB',
    ki: 'KiB',
    kbyte: 'KiB',
    kbytes: 'KiB',
    m: 'MiB',
    mb: 'MiB',
    mib: 'MiB',
    mi: 'MiB',
    mbyte: 'MiB',
    mbytes: 'MiB',
    g: 'GiB',
    gb: 'GiB',
    gib: 'GiB',
    gi: 'GiB',
    gbyte: 'GiB',
    gbytes: 'GiB',
  },
  bare: false,
  usual: ['MiB', 'KiB'],
  whole: 'bytes',
};

export const DURATION: QuantityKind = {
  name: 'duration',
  expected: 'a duration with its unit, such as 20ms (us, ms, s, m, h)',
  units: { us: 1n, ms: 1000n, s: 1_000_000n, m: 60_000_000n, h: 3_600_000_000n },
  near: {
    usec: 'us',
    usecs: 'us',
    µs: 'us',
    μs: 'us',
    micros: 'us',
    msec: 'ms',
    msecs: 'ms',
    millis: 'ms',
    sec: 's',
    secs: 's',
    second: 's',
    seconds: 's',
    min: 'm',
    mins: 'm',
    minute: 'm',
    minutes: 'm',
    hr: 'h',
    hour: 'h',
    hours: 'h',
  },
  bare: false,
  usual: ['ms', 's'],
  whole: 'microseconds',
};

export const COUNT: QuantityKind = {
  name: 'number',
  expected: 'a whole number such as 800, 20k or 1.9M',
  units: { '': 1n, k: 1000n, M: 1_000_000n, G: 1_000_000_000n },
  near: { K: 'k', m: 'M', g: 'G', b: 'G', B: 'G', mio: 'M' },
  bare: true,
  usual: [],
  whole: 'units',
};

const SHAPE = /^([-+]?)([0-9]+)(?:\.([0-9]+))?([A-Za-zµμ%]*)$/;

/** Reads a quantity; undefined after a finding, or when the place already has one. */
export function quantity(
  findings: Findings,
  node: Located | undefined,
  kind: QuantityKind,
): number | undefined {
  if (node === undefined || findings.isFaulty(node)) return undefined;
  const { expected } = kind;
  if (node.value === null) {
    findings.error(
      node.key ?? node,
      'E-TYPE',
      `nothing is written for ${node.key === null ? `the ${kind.name}` : quote(findings.textOf(node.key))}`,
      { expected },
    );
    return undefined;
  }
  if (typeof node.value !== 'string' && typeof node.value !== 'number') {
    findings.error(node, 'E-TYPE', `${describe(node)} where a ${kind.name} is wanted`, { expected });
    return undefined;
  }
  if (kind.bare && node.quoted && /^[0-9]+$/.test(node.source)) {
    const message = `${quote(node.source)} in quotes is a text, not a number`;
    findings.error(node, 'E-TYPE', message, { expected, suggestions: [node.source] });
    return undefined;
  }
  return resolve(findings, node, node.source, kind);
}

/** Microseconds of a time such as `12s`; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  const node: Located = {
    value: text,
    source: text,
    quoted: true,
    key: null,
    entries: null,
    items: null,
    start: 0,
    end: text.length,
  };
  return resolve(new Findings('--', text), node, text, DURATION);
}

/** As `quantity`, of a text that stands at `node`: a key of `choice`, the first half of a rate. */
export function resolve(
  findings: Findings,
  node: Located,
  text: string,
  kind: QuantityKind,
): number | undefined {
  const { expected, units } = kind;
  const match = SHAPE.exec(text);
  if (match === null) {
    const suggestions = tidied(text, kind);
    findings.error(node, 'E-QUANTITY', `${quote(text)} is not a ${kind.name}`, { expected, suggestions });
    return undefined;
  }
  const [, sign, whole, fraction = '', unit] = match;
  if (sign !== '') {
    const code = sign === '-' ? 'E-QUANTITY-NEGATIVE' : 'E-QUANTITY';
    const message =
      sign === '-' ? `a ${kind.name} may not be negative: ${quote(text)}` : `${quote(text)} has a sign`;
    findings.error(node, code, message, { expected, suggestions: sign === '+' ? [text.slice(1)] : [] });
    return undefined;
  }
  if (unit === '' && !kind.bare) {
    const suggestions = kind.usual.map(u => `${text}${u}`);
    findings.error(node, 'E-UNIT-MISSING', `${quote(text)} has no unit`, { expected, suggestions });
    return undefined;
  }
  const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (scale === undefined) {
    const meant = nearUnit(unit, kind);
    const suggestions = meant === undefined ? [] : [`${text.slice(0, text.length - unit.length)}${meant}`];
    findings.error(node, 'E-UNIT-UNKNOWN', `${quote(unit)} is not a unit of a ${kind.name}`, {
      expected,
      suggestions,
    });
    return undefined;
  }
  if (whole.length + fraction.length > 40) {
    findings.error(node, 'E-QUANTITY', `${quote(text)} has too many digits`, { expected });
    return undefined;
  }
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * scale;
  if (scaled % divisor !== 0n) {
    findings.error(node, 'E-QUANTITY-FRACTION', `${quote(text)} is not a whole number of ${kind.whole}`, {
      expected,
    });
    return undefined;
  }
  const value = scaled / divisor;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    findings.error(node, 'E-QUANTITY', `${quote(text)} is beyond 2^53`, { expected });
    return undefined;
  }
  return Number(value);
}

function nearUnit(unit: string, kind: QuantityKind): string | undefined {
  if (Object.hasOwn(kind.near, unit)) return kind.near[unit];
  const lower = unit.toLowerCase();
  if (Object.hasOwn(kind.near, lower)) return kind.near[lower];
  return Object.keys(kind.units).find(u => u.toLowerCase() === lower);
}

/** `64 MiB`, `1_000`, `1,5s`, `1e6`: what was meant, if the rest then reads well. */
function tidied(text: string, kind: QuantityKind): string[] {
  const squeezed = text
    .trim()
    .replace(/[\s_]+/g, '')
    .replace(/^([0-9]+),([0-9]{1,2}[A-Za-z]*)$/, '$1.$2')
    .replace(/,/g, '');
  const power = /^([0-9]+)e\+?([0-9]{1,2})$/i.exec(squeezed);
  if (/^0x[0-9a-f]{1,13}$/i.test(squeezed) && kind.bare) return [String(Number(squeezed))];
  const candidate = power === null ? squeezed : power[1] + '0'.repeat(Number(power[2]));
  const match = SHAPE.exec(candidate);
  if (match === null) return [];
  const [, , , , unit] = match;
  if (Object.hasOwn(kind.units, unit)) return [candidate];
  const meant = nearUnit(unit, kind);
  return meant === undefined ? [] : [candidate.slice(0, candidate.length - unit.length) + meant];
}

/** `a map`, `a list`, `the number 5`: what stands at a place. */
export function describe(node: Located): string {
  if (node.entries !== null) return 'a map';
  if (node.items !== null) return 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `the text ${quote(node.value)}`;
  if (typeof node.value === 'boolean') return `${quote(node.source)} (true or false)`;
  return `the number ${quote(node.source)}`;
}
