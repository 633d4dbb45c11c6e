/**
 * What `oomph lint --prove` does not say of the shipped challenges: where they lie, that they tell where to read on; and
 * of those that are listed here, that gold can be reached, that no lazy answer wins, that one seed is as hard as another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playSeed, seedsTo, shipped, shippedAs } from './play.ts';

jest.setTimeout(120_000);

const each = shipped.map(s => [s.plan.id, s] as const);

test.each(each)('%s lies in the folder of its id', (id, { folder }) => {
  expect(folder.replace(/(^|\/)\d+-/g, '$1')).toBe(id);
});

test.each(each)('%s: its story fits on a screen', (_, { plan }) => {
  expect(plan.story.split('\n').length).toBeLessThanOrEqual(26);
});

test.each(each)('%s: its explanation tells where to read on', (_, { plan }) => {
  expect(plan.explanation).toMatch(/\w+\(\)/);
  expect(plan.explanation).toMatch(/\w+\/\w+\.[chS]\b/);
});

/** By goal: at least so much is wrong with Linux on every seed. */
const DECIDES: Record<string, { goal: number; atLeast: number }> = {
  'zones/the-sound-card': { goal: 1, atLeast: 200 },
  'zones/the-flooded-router': { goal: 0, atLeast: 300 },
  'buddy/two-hundred-pins': { goal: 0, atLeast: 90 },
  'buddy/up-four-sleeves': { goal: 0, atLeast: 12 },
};

const probed = each.filter(([id]) => id in DECIDES);

test.each(probed)('%s: a policy that leaves all to Linux changes nothing', (_, { plan }) => {
  const empty = `export default { ${plan.policy.hooks.map(hook => `${hook}: (r, mem) => mem.AS_LINUX`).join(', ')} };`;
  for (const seed of seedsTo(1)) {
    const without = playSeed(plan, seed, null);
    const withEmpty = playSeed(plan, seed, empty);
    expect(withEmpty.stateHash).toBe(without.stateHash);
    expect({ ...withEmpty.metrics, 'policy.tokens': 0 }).toEqual(without.metrics);
    expect(withEmpty.outcome).toBe('lost');
  }
});

test.each(probed)('%s: gold can be reached', (id, { plan }) => {
  const policy = readFileSync(join(__dirname, 'gold', `${id.replace('/', '-')}.ts`), 'utf8');
  for (const seed of plan.seeds.slice(0, 2))
    expect({ seed, stars: playSeed(plan, seed, policy).stars }).toEqual({ seed, stars: 3 });
});

/** Answers that need no thought, and half of the right thought. Each may be lucky on one seed of two. */
const LAZY: Record<string, string[]> = {
  'zones/the-sound-card': [
    'zonelist: (r, mem) => r.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_DMA',
    'zonelist: (r, mem) => r.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.DMA_NORMAL',
    'zonelist: (r, mem) => r.gfp & mem.GFP_DMA ? mem.DMA_ONLY : r.owner === mem.USER ? mem.NORMAL_DMA : mem.NORMAL_ONLY',
    ...[300, 500, 800, 1200, 1600, 2000].map(
      keep =>
        `zonelist: (r, mem) => r.gfp & mem.GFP_DMA || mem.free(mem.DMA) > ${keep} ? -1 : mem.NORMAL_ONLY`,
    ),
  ],
  'zones/the-flooded-router': [
    ...[0, 256, 400, 800].map(pages => `watermark: () => ${pages}`),
    ...[256, 350, 400, 600].map(pages => `watermark: r => (r.context ? 0 : ${pages})`),
    ...[400, 800, 1300].map(pages => `watermark: r => (r.context ? 0 : r.gfp & 16 ? -1 : ${pages})`),
    'watermark: r => r.linux * 2',
  ],
  'buddy/two-hundred-pins': [
    'block: (r, mem) => mem.lastFree(r.zone, 10)',
    'block: (r, mem) => mem.firstFree(r.zone, r.order)',
    'block: (r, mem) => mem.lastFree(r.zone, r.order)',
    'block: (r, mem) => (r.owner ? mem.lowestFree(r.zone, r.order) : -1)',
    'block: (r, mem) => (r.owner ? -1 : mem.lowestFree(r.zone, r.order))',
  ],
  'buddy/up-four-sleeves': [
    ...[2, 4, 8, 12, 16, 32, 60].map(
      pages => `pcp: r => (r.refill ? (r.count ? 0 : ${pages}) : r.count >= ${pages} ? r.count : 0)`,
    ),
    ...[10, 14, 20, 28, 42].map(
      pages => `pcp: r => (r.refill ? (r.count ? 0 : 7) : r.count >= ${pages} ? r.count : 0)`,
    ),
    'pcp: r => (r.refill ? -1 : r.count)',
    'pcp: r => (r.refill || r.count < r.high ? -1 : r.count)',
  ],
};

test.each(Object.entries(LAZY))('%s: lazy answers lose', (id, policies) => {
  const { plan } = shippedAs(id);
  for (const policy of policies) {
    let won = 0;
    // Lost on the first is enough.
    for (const seed of seedsTo(2)) {
      if (playSeed(plan, seed, `export default { ${policy} };`).outcome === 'lost') break;
      won++;
    }
    expect({ policy, mostlyLost: won <= 1 }).toEqual({ policy, mostlyLost: true });
  }
});

test.each(probed)('%s: one seed is as hard as another', (id, { plan }) => {
  const { goal, atLeast } = DECIDES[id];
  const values = seedsTo(12).map(seed => playSeed(plan, seed, null).goals[goal].value);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(atLeast);
  expect(deviation / mean).toBeLessThan(0.25);
});
