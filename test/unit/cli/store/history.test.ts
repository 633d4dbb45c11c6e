import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseFile } from '../../../../src/cli/store/database.ts';
import { HistoryFile } from '../../../../src/cli/store/history.ts';
import { Turn } from '../../../../src/cli/store/turn.ts';
import type { PreparedRun } from '../../../../src/tui/gameRun.ts';
import { entry, LOST, plan, prepared, verdict } from '../../tui/fake.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SLUG = entry('zones/the-sound-card');
const kept = (): HistoryFile => new HistoryFile(folder, '1.0.0');
const POLICY = { path: 'p.ts', files: [{ path: 'p.ts', text: 'export default {};' }] };
const linux = (change = {}): PreparedRun => prepared({ verdict: verdict(change) });
const policy = (text = 'export default {};', change = {}): PreparedRun => {
  const base = verdict(change);
  const info = { hooks: [], tokens: text.length, hash: '0123456789abcdef' };
  return prepared({
    verdict: { ...base, policy: { name: 'p.ts', info } },
    policy: { ...POLICY, files: [{ path: 'p.ts', text }] },
  });
};

test('attempts, stars and hints are there in the next game', () => {
  const history = kept();
  history.addAttempt(SLUG, linux(LOST), '');
  history.addAttempt(SLUG, policy(), '');
  history.addAttempt(SLUG, policy('export default { };', { stars: 1 }), '2026-11-22');
  history.addHints(SLUG, 2);
  history.addHints(SLUG, 1);
  const other = entry('zones/high-memory');
  expect(kept().progress([other, SLUG])).toEqual([
    { stars: -1, oldStars: -1, attempts: 0, hints: 0 },
    { stars: 2, oldStars: -1, attempts: 3, hints: 2 },
  ]);
  const [last, won, lost] = kept().attempts(SLUG);
  expect(last).toMatchObject({ stars: 1, times: 1, current: true, daily: '2026-11-22', tokens: 19 });
  expect(won).toMatchObject({ outcome: 'won', stars: 2, seeds: [1, 2, 3], policyHash: '0123456789abcdef' });
  expect(won.scores).toEqual([
    { metric: 'cycles', unit: 'cycles', better: 'lower', worst: 1, median: 1, best: 1 },
  ]);
  expect(lost).toMatchObject({ outcome: 'lost', stars: 0, policyHash: null, tokens: null });
  expect(kept().source(last.id)).toEqual([{ path: 'p.ts', text: 'export default { };' }]);
  expect(kept().source(lost.id)).toEqual([]);
});

test('the same policy once more is the same attempt, with a later time', () => {
  const history = kept();
  for (let i = 0; i < 3; i++) history.addAttempt(SLUG, policy(), '');
  expect(history.attempts(SLUG)).toMatchObject([{ times: 3 }]);
  expect(history.progress([SLUG])[0].attempts).toBe(3);
  new HistoryFile(folder, '1.0.1').addAttempt(SLUG, policy(), '');
  expect(history.attempts(SLUG)).toHaveLength(2);
});

test('a changed challenge keeps its history, and its stars count as of before; a changed story does not', () => {
  kept().addAttempt(SLUG, policy(), '');
  const reworded = { ...SLUG, plan: plan(SLUG.id, { story: 'Once upon a time', hints: [] }) };
  expect(kept().progress([reworded])[0]).toMatchObject({ stars: 2, oldStars: -1 });
  const harder = { ...SLUG, plan: plan(SLUG.id, { seeds: [1, 2, 3, 4] }) };
  expect(kept().progress([harder])[0]).toEqual({ stars: -1, oldStars: 2, attempts: 1, hints: 0 });
  expect(kept().attempts(harder)).toMatchObject([{ stars: 2, current: false }]);
});

test('yardsticks are those of this version and this challenge', () => {
  const stick = { name: 'linux', outcome: 'lost' as const, stars: 0, scores: [] };
  kept().addYardstick(SLUG, stick);
  kept().addYardstick(SLUG, { ...stick, stars: 1 });
  expect(kept().yardsticks(SLUG)).toEqual([{ ...stick, stars: 1 }]);
  expect(new HistoryFile(folder, '2.0.0').yardsticks(SLUG)).toEqual([]);
  expect(kept().yardsticks({ ...SLUG, plan: plan(SLUG.id, { seeds: [9] }) })).toEqual([]);
});

test('where nothing can be written it says so and forgets', () => {
  writeFileSync(join(folder, 'file'), '');
  const history = new HistoryFile(join(folder, 'file', 'below'), '1.0.0');
  expect(history.notice).toMatch(
    /^Your progress is not kept: .*file.below.history\.db cannot be written \(EEXIST, a file is in the way\); give --data FOLDER\.$/,
  );
  history.addAttempt(SLUG, policy(), '');
  expect(history.attempts(SLUG)).toEqual([]);
  expect(new HistoryFile('', '1.0.0').notice).toContain('set OOMPH_DATA');
});

test('a file of a later oomph is left alone, a damaged one is set aside, and both are said', () => {
  const path = join(folder, 'history.db');
  const later = { id: 0x6f6f6d70, migrations: Array.from({ length: 9 }, (_, i) => `CREATE TABLE t${i} (x)`) };
  new DatabaseFile(path, later).write(() => {});
  expect(kept().notice).toMatch(/a later oomph wrote .*history\.db .*leaves it alone/);
  kept().addAttempt(SLUG, policy(), '');
  expect(new DatabaseFile(path, later).read(db => db.all('SELECT * FROM t8'))).toEqual([]);
  writeFileSync(path, 'rubbish');
  expect(kept().notice).toContain(`set aside as ${path}.damaged-1`);
  expect(kept().notice).toBe('');
  expect(existsSync(`${path}.damaged-1`)).toBe(true);
});

test('what cannot be written while another game has the file is written later', () => {
  const history = kept();
  const other = new Turn(join(folder, 'history.db'));
  expect(other.take(0)).toBe(true);
  history.addAttempt(SLUG, policy(), '');
  expect(history.notice).toBe('');
  other.release();
  history.flush();
  expect(kept().attempts(SLUG)).toHaveLength(1);
  expect(readdirSync(folder).filter(name => name.includes('.next'))).toEqual([]);
});
