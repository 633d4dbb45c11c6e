import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { BadRecord, decodeRecord, encodeRecord } from '../../../src/harness/recordFile.ts';
import { challengeYaml, GOAL_LOST, oomph, ROOT, temporaryFolder, writeChallenge } from './oomph.ts';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const challenge = writeChallenge(folder);
const at = (name: string): string => join(folder, name);
writeFileSync(
  at('mine.ts'),
  `import { definePolicy } from 'oomph';
console.log('loaded');
export default definePolicy({ zonelist: (request, mem) => (request.event % 5 === 0 ? mem.DMA_ONLY : 9999) });
`,
);

function recorded(name: string, ...args: string[]): string {
  const path = at(name);
  const done = oomph(['run', challenge, '--seed', '3', '--record', path, ...args]);
  expect(done.err).toMatch(/^recorded in .*: [\d,]+ decisions? in [\d,]+ bytes\n$/);
  return path;
}

const mine = recorded('mine.oomph', '-p', at('mine.ts'));

test('a record replays without the policy, the challenge file or the folder', () => {
  const run = oomph(['run', challenge, '--seed', '3', '-p', at('mine.ts'), '--json']);
  const elsewhere = temporaryFolder();
  writeFileSync(join(elsewhere, 'copy'), readFileSync(mine));
  const { code, out, err } = oomph(['replay', 'copy'], { cwd: elsewhere });
  expect(err).toBe('');
  expect(out).toContain('won, 2 stars of 3\n');
  expect(out).toMatch(/\nthe record holds: same verdict, same metrics, same memory \(state [0-9a-f]{8}\)\n$/);
  expect(code).toBe(0);

  const json = JSON.parse(oomph(['replay', 'copy', '--json'], { cwd: elsewhere }).out);
  const [before] = JSON.parse(run.out).seeds;
  expect(json.verdict.seeds[0]).toEqual({ ...before, reproduce: 'oomph replay copy' });
  expect(json).toMatchObject({ holds: true, problems: [], differences: [], seed: 3 });
  expect(json.verdict.seeds[0].nrFaults).toBeGreaterThan(0);
});

test('--json is as the schema says, held or not', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(ROOT, `schemas/${name}.schema.json`), 'utf8'));
  const ajv = new Ajv2020({ strictRequired: false });
  ajv.addSchema(read('verdict'));
  const validate = ajv.compile(read('replay'));
  const linux = recorded('linux.oomph');
  const { record } = decodeRecord(readFileSync(mine));
  writeFileSync(at('forged.oomph'), encodeRecord({ ...record, tapeHash: '00000000' }));
  for (const [file, code] of [
    [mine, 0],
    [linux, 0],
    [at('forged.oomph'), 1],
  ] as const) {
    const done = oomph(['replay', file, '--json']);
    expect(done.code).toBe(code);
    expect(validate(JSON.parse(done.out)) || validate.errors).toBe(true);
  }
});

test('a lost run that replays exits with 0, and --quiet says nothing', () => {
  writeFileSync(at('lost.yaml'), challengeYaml(GOAL_LOST));
  const args = ['run', at('lost.yaml'), '--seed', '1', '--record', at('lost.oomph'), '-q'];
  expect(oomph(args)).toMatchObject({ code: 1, err: '' });
  expect(oomph(['replay', at('lost.oomph')])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/\nlost\n/),
  });
  expect(oomph(['replay', at('lost.oomph'), '-q'])).toEqual({ code: 0, out: '', err: '' });
});

test('the source of the policy is not in it, nor where it was', () => {
  const { record, header } = decodeRecord(readFileSync(mine));
  expect(header.policy).toMatchObject({ name: at('mine.ts'), hooks: ['zonelist'] });
  expect(JSON.stringify({ ...record, decisions: 0, hooks: 0 })).not.toContain('definePolicy');
});

describe('what is wrong with a record', () => {
  test('a byte changed on its way exits with 2 and names the part', () => {
    const bytes = readFileSync(mine);
    bytes[bytes.length - 100] ^= 1;
    writeFileSync(at('damaged.oomph'), bytes);
    const { code, out, err } = oomph(['replay', at('damaged.oomph')]);
    expect(err).toBe(
      `oomph: ${at('damaged.oomph')} cannot be replayed: it is damaged: the record of the decisions in it, or its entry in the second line, was changed; get another copy of it, or record the run again\n`,
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  test.each([
    ['no file', 'none.oomph', /there is no record none\.oomph: `oomph run CHALLENGE --seed N --record none/],
    ['a folder', '.', /^oomph: \. is a folder/],
    ['a challenge', 'challenge.yaml', /it is no record: those begin with 'oomph record 1'/],
    ['an empty file', 'empty', /it is no record/],
  ])('%s exits with 2', (_, name, message) => {
    writeFileSync(at('empty'), '');
    const { code, err } = oomph(['replay', name], { cwd: folder });
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });

  test('decisions that do not fit, and another result, exit with 1 and say where', () => {
    const { record } = decodeRecord(readFileSync(mine));
    const decisions = record.decisions.map((answer, i) => (i === 40 ? 1 : i === 41 ? 2 : answer));
    const verdict = structuredClone(record.verdict);
    verdict.metrics['cycles'] = 1;
    writeFileSync(
      at('lie.oomph'),
      encodeRecord({
        ...record,
        decisions: decisions.slice(0, -2),
        hooks: record.hooks.slice(0, -2),
        verdict,
      }),
    );
    const { code, out } = oomph(['replay', at('lie.oomph')]);
    expect(out).toContain(
      'the record does not hold\n  decisions that do not fit: its decisions ran out before',
    );
    expect(out).toMatch(/\n {2}metrics\.cycles: 1 in the record, [\d,]+ now\n/);
    expect(out).toMatch(/The checksum of the file is right and oomph [\d.]+ recorded it, so somebody wrote/);
    expect(code).toBe(1);
  });

  test('another version is named as the likely cause', () => {
    const { record } = decodeRecord(readFileSync(mine));
    writeFileSync(at('old.oomph'), encodeRecord({ ...record, oomph: '0.0.1', tapeHash: '00000000' }));
    const { code, out } = oomph(['replay', at('old.oomph')]);
    expect(out).toContain('other workload: seed 3 draws other operations');
    expect(out.replaceAll('\n', ' ')).toMatch(/It was recorded by oomph 0\.0\.1 and played by oomph/);
    expect(code).toBe(1);
    writeFileSync(at('old-good.oomph'), encodeRecord({ ...record, oomph: '0.0.1' }));
    expect(oomph(['replay', at('old-good.oomph')]).code).toBe(0);
  });

  test('a challenge that this version cannot read', () => {
    const { record } = decodeRecord(readFileSync(mine));
    const challengeText = record.challengeText.replace('ram: 32MiB', 'ram: 32MB');
    writeFileSync(at('future.oomph'), encodeRecord({ ...record, challengeText, oomph: '9.0.0' }));
    const { code, err } = oomph(['replay', at('future.oomph')]);
    expect(err).toMatch(
      /cannot read the challenge in .*, which oomph 9\.0\.0 played: replay it with that version/,
    );
    expect(err).toMatch(/E-UNIT-UNKNOWN/);
    expect(code).toBe(2);
  });

  test('its reader says so itself', () => {
    expect(() => decodeRecord(new Uint8Array(3))).toThrow(BadRecord);
  });
});

describe('run --record', () => {
  test('several seeds, a file that is there, a folder that is not: exit 2 before anything runs', () => {
    const refused = (args: string[], message: RegExp) => {
      const { code, out, err } = oomph(['run', challenge, ...args], { cwd: folder });
      expect(err).toMatch(message);
      expect({ code, out }).toEqual({ code: 2, out: '' });
    };
    refused(['--record', 'x.oomph'], /holds the run of one seed, and 2 are asked for: add --seed 1/);
    refused(['--seed', '1', '--record', mine], /is there already: .*--force/);
    refused(['--seed', '1', '--record', 'no/x.oomph'], /there is no folder no/);
    expect(existsSync(at('x.oomph'))).toBe(false);
  });

  test('--force writes over it, and --json prints nothing else', () => {
    const path = recorded('again.oomph');
    const before = readFileSync(path);
    const done = oomph(['run', challenge, '--seed', '4', '--record', path, '--force', '--json']);
    expect(JSON.parse(done.out).seeds[0].seed).toBe(4);
    expect(readFileSync(path).equals(before)).toBe(false);
    expect(decodeRecord(readFileSync(path)).record.seed).toBe(4);
  });

  test('the same run is the same record', () => {
    mkdirSync(at('two'));
    expect(readFileSync(recorded('two/a', '-p', at('mine.ts'))).equals(readFileSync(mine))).toBe(true);
  });
});

test('a record of a spec that is made from another file stands alone', () => {
  writeFileSync(at('base.yaml'), challengeYaml(GOAL_LOST));
  mkdirSync(at('specs'), { recursive: true });
  writeFileSync(
    at('specs/of.spec.yaml'),
    `challenge: 1
id: tests/of-another
title: Of another
# Above of.
of: ../base.yaml
test:
  policy: ./nowhere.ts
  expect:
    - {metric: page_alloc.failures, at_most: 0}
`,
  );
  const done = oomph(['run', at('specs/of.spec.yaml'), '--seed', '1', '--record', at('of.oomph'), '-q']);
  expect(done).toMatchObject({ code: 1, err: '' });
  const elsewhere = temporaryFolder();
  const here = { cwd: elsewhere };
  writeFileSync(join(elsewhere, 'of.oomph'), readFileSync(at('of.oomph')));
  expect(oomph(['replay', 'of.oomph', '-q'], here)).toEqual({ code: 0, out: '', err: '' });
  const typed = oomph(['replay', 'of.oomph', '--code'], here).out.trim();
  expect(oomph(['replay', typed, '-q'], here)).toEqual({ code: 0, out: '', err: '' });
  expect(oomph(['diff', 'of.oomph', '-p', at('mine.ts')], here)).toMatchObject({ code: 1, err: '' });
  expect(oomph(['explain', 'of.oomph'], here)).toMatchObject({
    code: 0,
    out: expect.stringContaining('tests/of-another'),
  });
  const shrunk = oomph(['shrink', 'of.oomph', '--limit', '100k'], here);
  expect(shrunk.err).toContain('tests/of-another, seed 1, Linux decides');
  expect(shrunk.out).toMatch(/test:\n {2}expect:\n {4}- \{ metric: page_alloc.failures, at_most: 0 \}\n$/);
  expect(shrunk.code).toBe(0);

  expect(oomph(['shrink', mine], here).err).toMatch(
    /the decisions of .*mine\.ts and not the policy.*--policy/,
  );
  expect(oomph(['shrink', mine, '-p', 'naive'], here).err).toContain('which a record does not know');
  expect(oomph(['shrink', 'of.oomph', '--seed', '2'], here).err).toContain('leave --seed out');
});
