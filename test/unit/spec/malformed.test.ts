import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { loadChallenge } from '../../../src/spec/load.ts';
import { EXPECTED } from './malformedExpected.ts';

const folder = join(__dirname, '../../fixtures/malformed');
const short = (d: Diagnostic): string => `${d.code} ${d.line}:${d.column}+${d.length}`;

test('every file of the folder has its expectation, and there are many', () => {
  const files = readdirSync(folder).map(f => f.replace(/\.yaml$/, ''));
  expect(files.sort()).toEqual(Object.keys(EXPECTED).sort());
  expect(files.length).toBeGreaterThan(100);
});

describe.each(Object.entries(EXPECTED))('%s', (name, expected) => {
  const file = join(folder, `${name}.yaml`);
  const { plan, diagnostics } = loadChallenge(file);

  test('is told exactly what is wrong, and where', () => {
    expect(diagnostics.map(short)).toEqual(expected);
  });

  test('has a plan exactly when nothing is an error', () => {
    expect(plan === null).toBe(diagnostics.some(d => d.severity === 'error'));
  });

  test('every diagnostic says what was expected and stands inside its frame', () => {
    for (const d of diagnostics) {
      expect(d.severity).toBe(d.code.startsWith('E-') ? 'error' : 'warning');
      expect(d.file).toBe(file);
      expect(d.expected).toBeTruthy();
      expect(d.message).not.toMatch(/[\n\t]|undefined|null|\[object/);
      if (d.frame === undefined) continue;
      const line = d.frame.lines[d.line - d.frame.firstLine];
      expect(d.column - (d.frame.firstColumn ?? 1)).toBeLessThanOrEqual(line.length);
    }
  });
});

test('the place of a fault is the text it names', () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    if (/^(binary|latin|truncated|utf)/.test(name) || expected.length === 0) continue;
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8');
    const { diagnostics } = parseChallenge(new TextEncoder().encode(text), name);
    for (const d of diagnostics) {
      // What stands in backquotes first is what the message is about, if it is on that line at all.
      const quoted = /`([^`]+)`/.exec(d.message)?.[1];
      const line = text.split('\n')[d.line - 1] ?? '';
      if (
        quoted === undefined ||
        !line.includes(quoted) ||
        /^W-FREE|^E-(KEY-(MISSING|CONFLICT)|YAML|EMPTY|GOAL)/.test(d.code)
      )
        continue;
      if (
        /names|together|overlaps|belongs|context|reserved|the weight|wins|gives back|longer than|worse than|out of range/.test(
          d.message,
        )
      )
        continue;
      const under = line.slice(d.column - 1, d.column - 1 + d.length);
      expect(`${name}: ${under}`).toContain(quoted.slice(0, 30));
    }
  }
});

describe('suggestions', () => {
  const suggested: Record<string, string[][]> = {
    'decimal-megabytes': [['64MiB']],
    'ram-with-space': [['64MiB']],
    'ram-without-unit': [['64MiB', '64KiB']],
    'length-in-minutes': [['1m']],
    'rate-as-time': [['20/s']],
    'rate-without-unit': [['20/s']],
    'underscored-number': [['1500000']],
    exponent: [['1500000']],
    octal: [['10']],
    'quoted-number': [['2']],
    'yes-for-true': [['true']],
    'ram-half-page': [['4MiB', '4100KiB']],
    'unknown-key': [['length']],
    'unknown-top-key': [['score']],
    'unknown-metric': [['page_alloc.failures']],
    'metric-last-part': [['page_alloc.failures', 'fork.failures', 'slab.failures']],
    'unknown-gfp': [['GFP_ATOMIC'], ['__GFP_HIGHMEM', 'GFP_HIGHUSER', '__GFP_HIGH']],
    'unknown-hook': [['zonelist'], []],
    'unknown-context': [['softirq', 'hardirq']],
    'where-unknown-task': [['sb16']],
    'zone-unknown': [['Normal']],
    'free-unknown': [['ring']],
    'free-page-of-order-2': [['free_pages']],
    'highmem-address': [['GFP_USER']],
    'uniform-backwards': [['[10ms, 50ms]']],
    'sysctl-unknown': [['vm.min_free_kbytes']],
  };
  test.each(Object.entries(suggested))('%s', (name, expected) => {
    const { diagnostics } = loadChallenge(join(folder, `${name}.yaml`));
    expect(diagnostics.map(d => d.suggestions ?? [])).toEqual(expected);
  });
});
