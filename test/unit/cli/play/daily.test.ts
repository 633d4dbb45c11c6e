import { dailyEntry, dateOf } from '../../../../src/cli/play/daily.ts';
import { entry, plan } from '../../tui/fake.ts';

const ENTRIES = ['a/one', 'a/two', 'b/three', 'b/four'].map(id => entry(id));
const on = (date: string, oomph = '1.0.0') => dailyEntry(ENTRIES, date, oomph);
const drawn = (date: string, oomph?: string): string => {
  const made = on(date, oomph)!;
  return `${made.plan!.id} ${made.plan!.seeds.join()}`;
};

test('the day and the version alone draw challenge and seed', () => {
  expect(dateOf(Date.UTC(2026, 10, 22, 23, 59, 59))).toBe('2026-11-22');
  expect(on('2026-11-22')).toEqual(on('2026-11-22'));
  expect(drawn('2026-11-22')).toBe('b/three 2');
  expect(drawn('2026-11-23')).toBe('b/three 17');
  expect(drawn('2026-11-22', '1.0.1')).not.toBe(drawn('2026-11-22'));
});

test('it is that challenge with one seed and the same policy, under the name of the day', () => {
  const made = on('2026-11-22')!;
  const base = ENTRIES.find(({ id }) => id === made.plan!.id)!;
  expect(made).toEqual({
    ...base,
    id: 'daily/2026-11-22',
    plan: { ...base.plan, seeds: made.plan!.seeds },
    daily: { date: '2026-11-22', oomph: '1.0.0' },
  });
});

test('over the days every challenge has its turn, on seeds that are proven', () => {
  const days = Array.from({ length: 200 }, (_, i) => on(dateOf(Date.UTC(2026, 0, 1 + i)))!);
  expect(new Set(days.map(({ plan: of }) => of!.id)).size).toBe(4);
  const seeds = days.map(({ plan: of }) => of!.seeds[0]);
  expect([Math.min(...seeds) >= 1, Math.max(...seeds) <= 50, new Set(seeds).size > 40]).toEqual([
    true,
    true,
    true,
  ]);
});

test('a challenge that opens no hook, or is at fault, is never drawn', () => {
  const closed = entry('c/closed', {
    plan: plan('c/closed', { policy: { ...plan('x').policy, hooks: [] } }),
  });
  expect(dailyEntry([closed, entry('c/broken', { plan: null })], '2026-11-22', '1')).toBeNull();
});
