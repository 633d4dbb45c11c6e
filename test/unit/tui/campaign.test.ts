import { chaptersOf, listed, standingOf, totalStars } from '../../../src/tui/campaign.ts';
import { NOT_PLAYED } from '../../../src/tui/history.ts';
import { createModel, type Model, type Progress, recommended } from '../../../src/tui/model.ts';
import { view } from '../../../src/tui/view.ts';
import { entry, model, plan, play } from './fake.ts';
import { expectGolden } from './golden.ts';

const SLUGS = ['pages', 'zones', 'gfp', 'buddy', 'vmalloc', 'slab', 'stacks', 'highmem', 'machine'];
const TITLES = [
  'Pages',
  'Zones',
  'Getting pages',
  'Buddies and fragments',
  'kmalloc or vmalloc',
  'Slabs',
  'Kernel stacks',
  'High memory',
  'The whole machine',
];
const chapters = SLUGS.map((slug, i) => ({
  slug,
  number: i + 1,
  title: TITLES[i],
  text: `What chapter ${i + 1} is about, told in a sentence or two so that it fills a line.`,
}));

/** Nine chapters of four, some of them won. */
function campaign(width: number, height: number, change: Partial<Model> = {}): Model {
  const entries = SLUGS.flatMap((slug, c) =>
    [1, 2, 3, 4].map(n => {
      const id = `${slug}/number-${n}`;
      return entry(id, { plan: plan(id, { title: `${TITLES[c]}, lesson ${n}` }) });
    }),
  );
  const kept = entries.map((_, i) => ({
    ...NOT_PLAYED,
    stars: i < 4 ? 3 : i < 6 ? 1 : i === 6 ? 0 : -1,
    oldStars: i === 7 ? 2 : -1,
    attempts: i < 8 ? 2 : 0,
  }));
  const made = createModel({
    width,
    height,
    glyphs: 'unicode',
    colours: '256',
    entries,
    open: -1,
    chapters,
    kept,
  });
  return { ...made, ...change };
}

const progress = (change: Partial<Progress>): Progress => ({ ...NOT_PLAYED, seed: 0, ...change });

test.each([
  [progress({}), 'new'],
  [progress({ attempts: 1 }), 'tried'],
  [progress({ stars: 0 }), 'tried'],
  [progress({ stars: 1, oldStars: 3 }), 'won'],
  [progress({ stars: -1, oldStars: 3, attempts: 4 }), 'changed'],
])('%j is %s', (of, standing) => expect(standingOf(of)).toBe(standing));

test('stars are counted by chapter and in all', () => {
  const at = campaign(80, 24);
  expect(chaptersOf(at).map(({ stars }) => stars)).toEqual([12, 2, 0, 0, 0, 0, 0, 0, 0]);
  expect(totalStars(at)).toMatchObject({ won: 14, possible: 108 });
});

test('without a chapter.yaml the chapter is called as in its ids', () => {
  expect(chaptersOf(model()).map(({ number, title, entries }) => [number, title, entries.length])).toEqual([
    [1, 'Zones', 2],
    [2, 'Buddy', 1],
  ]);
});

test('the game opens at the first that is not won; then at the first without all stars', () => {
  expect(campaign(80, 24).selected).toBe(6);
  const at = campaign(80, 24);
  const won = at.progress.map(one => ({ ...one, stars: Math.max(1, one.stars) }));
  expect(recommended({ ...at, progress: won })).toBe(4);
  expect(recommended({ ...at, progress: won.map(one => ({ ...one, stars: 3 })) })).toBe(-1);
});

test('a search finds words of titles, ids and chapters, and the cursor goes to what is found', () => {
  const at = play(campaign(80, 24), '/', ...'SLAB 3');
  expect(at.search).toEqual({ text: 'SLAB 3', typing: true });
  const found = play(at, 'backspace', 'backspace', 'space', '3');
  expect(listed(found).map(i => found.entries[i].id)).toEqual(['slab/number-3']);
  expect(found.entries[found.selected].id).toBe('slab/number-3');
  const kept = play(found, 'enter');
  expect(kept.search).toEqual({ text: 'SLAB 3', typing: false });
  expect(play(kept, 'enter').screen).toBe('briefing');
  expect(play(kept, 'down', 'down').selected).toBe(found.selected);
  const cleared = play(kept, 'escape');
  expect([cleared.search, cleared.screen, listed(cleared).length]).toEqual([null, 'list', 36]);
});

test('while somebody types, letters are letters', () => {
  const at = play(campaign(80, 24), '/', 'q', 'e', '?', 'space', 'G');
  expect([at.search?.text, at.help, at.screen]).toEqual(['qe? G', false, 'list']);
  expect(view(at).toString()).toContain('nothing is called so');
  expect(play(at, 'escape').search).toBeNull();
  expect(play(campaign(80, 24), '/', 'enter').search).toBeNull();
});

test.each([
  [80, 24],
  [120, 40],
  [200, 50],
] as const)('36 challenges at %ix%i', (width, height) => {
  expectGolden(`campaign-${width}x${height}`, view(campaign(width, height)).toString());
  const last = play(campaign(width, height), 'G');
  expect(view(last).toString()).toMatch(/▸ ☆☆☆ The whole machine, less/);
});

test('the search as it is typed', () => {
  expectGolden(
    'campaign-search-80x24',
    view(play(campaign(80, 24), '/', ...'lesson', 'space', '4')).toString(),
  );
});

test('the map of the chapters fits every size', () => {
  for (let width = 110; width <= 240; width += 7) {
    for (let height = 32; height <= 70; height += 6) {
      const text = view(campaign(width, height, { glyphs: 'ascii' })).toString();
      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      expect(text).toMatch(/> --- Zones, lesson 3/);
      expect(text).not.toMatch(/undefined|NaN/);
    }
  }
});

describe('with a challenge of the day', () => {
  const daily = {
    ...entry('daily/2026-11-22', { plan: plan('zones/number-2', { seeds: [17] }) }),
    daily: { date: '2026-11-22', oomph: '1.0.0' },
  };
  const withDaily = (width: number, height: number): Model => {
    const { entries, progress: kept, chapters: known } = campaign(width, height);
    const all = [daily, ...entries];
    const made = {
      width,
      height,
      glyphs: 'unicode' as const,
      colours: '256' as const,
      entries: all,
      open: -1,
    };
    return createModel({ ...made, chapters: known, kept: [{ ...NOT_PLAYED, stars: 3 }, ...kept] });
  };

  test('it stands first, is no station of the way, and its stars are not those of the campaign', () => {
    const at = withDaily(200, 50);
    expect(totalStars(at)).toEqual({ won: 14, possible: 108, challenges: 36, challengesWon: 6 });
    expect(at.entries[at.selected].id).toBe('zones/number-3');
    const text = view(at).toString();
    expect(text).toMatch(/Daily run 2026-11-22 +★ 3\/3/);
    expect(text).toContain('│ 1 Pages ');
    expect(text).not.toContain('0 Daily');
    expect(text.split('\n').filter(line => line.includes('Daily'))).toHaveLength(1);
  });

  test('d opens it, and its result has a line for others', () => {
    const at = play(withDaily(80, 50), 'd');
    expect([at.screen, at.selected]).toEqual(['briefing', 0]);
    const shown = view(play(at, 'enter', 'enter')).toString();
    expect(shown).toContain('oomph 1.0.0 daily 2026-11-22, zones/number-2, seed 17: won ★★☆');
    expect(play(campaign(80, 24), 'd').notice?.text).toContain('no daily run');
  });
});
