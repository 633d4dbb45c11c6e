import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

/** Every line as wide as the screen allows at most, and in ASCII nothing else. */
const SIZES = [
  [80, 24],
  [200, 50],
] as const;
const SETS = ['unicode', 'ascii'] as const;

test.each(SIZES.flatMap(([columns, rows]) => SETS.map(set => [columns, rows, set] as const)))(
  'at %dx%d in %s: list, briefing, hint, run, page, failure, cause, result, next, back',
  async (columns, rows, set) => {
    const game = startGame({ columns, rows }, ...(set === 'ascii' ? ['--ascii'] : []));
    const [noStar, pointer, lost] = set === 'ascii' ? ['---', '>', 'X'] : ['☆☆☆', '▸', '✘'];
    await game.sees('The card that starved');
    game.type('G');
    await game.sees(`${pointer} ${noStar} The card that starved`);
    await game.sees('zones/starving');
    game.type(KEY.enter);
    await game.sees('Your policy');
    expect(game.text()).toContain('A frame grabber can only do DMA');
    game.type('h');
    await game.sees('Who can use nothing but the low pages?');
    game.type(KEY.enter);
    await game.sees('buddyinfo');
    await game.sees('kernel log');
    game.type('f');
    await game.sees('grabber: alloc_pages(GFP_ATOMIC|GFP_DMA, 9) = none');
    await game.sees(`${lost} page_alloc.failures of`);
    game.type('i');
    await game.sees('page 0x00000');
    game.type(KEY.right);
    await game.sees(/page 0x(?!00000)[0-9a-f]{5}/);
    expect(game.text()).toMatch(/block +order \d/);
    game.type(KEY.escape);
    await game.sees(text => !/page 0x[0-9a-f]{5}/.test(text));
    game.type('c');
    await game.sees('Want of pages');
    game.type('q');
    await game.sees('buddyinfo');
    game.type(KEY.enter);
    await game.sees('LOST');
    await game.sees('2 of 2 seeds lost');
    game.type('n');
    await game.sees('buddy/calm');
    await game.sees('Your policy');
    game.type('q');
    await game.sees('challenges');
    await game.sees('tried');
    // The whole screen is used, and no sign is of the other set.
    const text = game.text();
    expect(game.rows()[0].length).toBeGreaterThan(columns - 3);
    expect(game.rows()[rows - 1]).toContain('quit');
    expect(/[^\n\x20-\x7e]/.test(text)).toBe(set === 'unicode');
    game.type('q');
    expect((await game.end()).code).toBe(0);
    expect(game.isClean()).toBe(true);
  },
);
