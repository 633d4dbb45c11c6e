import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Node, parseDocument, type Scalar, visit } from 'yaml';
import { formatDiagnostics } from '../../../src/report/diagnostics.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';

/** Mutations: more with OOMPH_FUZZ. */
const ROUNDS = Number(process.env['OOMPH_FUZZ'] ?? 400);

const valid = readFileSync(join(__dirname, '../../fixtures/malformed/valid.yaml'));

/** xorshift32: the same mutations on every run. */
function generator(seed: number): (below: number) => number {
  let x = seed | 0 || 1;
  return below => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const PIECES = [
  '\t',
  '\n',
  ': ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '*a',
  '&a ',
  '!x ',
  '|',
  '>',
  '#',
  ',',
  '? ',
  '<<: ',
  '---\n',
  '%YAML 1.1\n',
  '\u0000',
  '\u001b[2J',
  '漢',
  '\ud83d\ude00',
  '-1',
  '0',
  '1e999',
  '.nan',
  'null',
  'yes',
  '~',
  '__proto__: ',
  'constructor',
  '64MB',
  '99999999999999999999',
];

function mutate(random: (below: number) => number): Uint8Array {
  let bytes = [...valid];
  for (let n = 1 + random(3); n > 0; n--) {
    const at = random(bytes.length);
    switch (random(6)) {
      case 0:
        bytes[at] ^= 1 << random(8);
        break;
      case 1:
        bytes.splice(at, 1 + random(12));
        break;
      case 2:
        bytes.splice(at, 0, ...bytes.slice(at, at + 1 + random(60)));
        break;
      case 3: {
        // A line goes, or comes twice, or changes places with the next.
        const lines = Buffer.from(bytes).toString('latin1').split('\n');
        const line = random(lines.length);
        const how = random(3);
        if (how === 0) lines.splice(line, 1);
        else if (how === 1) lines.splice(line, 0, lines[line]);
        else if (line + 1 < lines.length) [lines[line], lines[line + 1]] = [lines[line + 1], lines[line]];
        bytes = [...Buffer.from(lines.join('\n'), 'latin1')];
        break;
      }
      case 4: {
        // A value of the file in another place.
        const words = Buffer.from(bytes)
          .toString('latin1')
          .split(/([\s,{}[\]]+)/);
        words[random(words.length)] = words[random(words.length)];
        bytes = [...Buffer.from(words.join(''), 'latin1')];
        break;
      }
      default:
        bytes.splice(at, random(4), ...Buffer.from(PIECES[random(PIECES.length)]));
    }
  }
  return Uint8Array.from(bytes);
}

test('no mutation throws, passes with errors, or fails without them', () => {
  let plans = 0;
  let faults = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const bytes = mutate(generator(seed * 2654435761));
    let place = `seed ${seed}`;
    try {
      const { plan, diagnostics } = parseChallenge(bytes, 'fuzz.yaml');
      const errors = diagnostics.filter(d => d.severity === 'error');
      place += `: ${JSON.stringify(diagnostics.map(d => `${d.code} ${d.line}:${d.column}`))}`;
      expect([place, plan === null]).toEqual([place, errors.length > 0]);
      for (let i = 0; i < diagnostics.length; i++) {
        const d = diagnostics[i];
        // What the checks do not put into words of their own would be told so.
        expect([place, d.code]).not.toEqual([place, 'E-SHAPE']);
        expect([place, d.line >= 1 && d.column >= 1 && d.length >= 1]).toEqual([place, true]);
        if (i === 0) continue;
        const before = diagnostics[i - 1];
        expect([
          place,
          before.line < d.line || (before.line === d.line && before.column <= d.column),
        ]).toEqual([place, true]);
      }
      expect(formatDiagnostics(diagnostics, { colour: false, width: 60 })).not.toMatch(/(?!\n)\p{Cc}/u);
      if (plan === null) faults++;
      else plans++;
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}\n${Buffer.from(bytes).toString('latin1')}`);
    }
  }
  // Mutations that change a number or a word of the story leave a plan; most do not.
  expect(plans).toBeGreaterThan(ROUNDS / 33);
  expect(faults).toBeGreaterThan(ROUNDS / 2);
});

describe.each([
  ['valid', 70],
  ['valid-machine', 180],
])('one wrong value in %s', (name, least) => {
  const text = readFileSync(join(__dirname, `../../fixtures/malformed/${name}.yaml`), 'utf8');
  const places: [string, number, number][] = [];
  visit(parseDocument(text), {
    Pair(_, { key, value }) {
      const { range } = value as Node;
      places.push([String((key as Scalar).value), range![0], range![1]]);
    },
    Seq(_, { items }) {
      for (const item of items as Node[]) places.push(['item', item.range![0], item.range![1]]);
    },
  });
  // Maps and lists with something in them are left out: those bring faults of their own.
  const wrong = ['', '~', '5', '-5', '1.5', '0', '"5"', 'x', '"x"', 'true', '64MiB', '20ms', '[]', '[x]'];

  test.each(wrong)('%j in any place gives one error or none', value => {
    expect(places.length).toBeGreaterThan(least);
    // A third each, so that every place gets a third of the values; all of them with OOMPH_ALL_PLACES.
    const some = process.env['OOMPH_ALL_PLACES'] === undefined && places.length > 60;
    const first = wrong.indexOf(value);
    for (const [i, [key, start, end]] of places.entries()) {
      if (some && (i + first) % 3 !== 0) continue;
      const changed = `${text.slice(0, start)}${value}${text[end - 1] === '\n' ? '\n' : ''}${text.slice(end)}`;
      const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(changed), 'x');
      const errors = diagnostics.filter(d => d.severity === 'error').map(d => `${d.code} ${d.message}`);
      expect([key, value, errors.slice(1)]).toEqual([key, value, []]);
      expect([key, value, plan === null]).toEqual([key, value, errors.length === 1]);
    }
  });
});
