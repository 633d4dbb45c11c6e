import {
  allocPages,
  boot,
  checkPages,
  GFP_KERNEL,
  MAX_ORDER,
  type Machine,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_PCP,
  PCP_ALWAYS,
  PCP_HEAD,
  PCP_PAGES,
  PCP_PUT,
  PCP_RING,
  PCP_TAIL,
  PCP_TAKE,
  pcpOf,
  pcpPage,
  ZONE_FREE,
  ZONE_LOW,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

const list = pcpOf(1, 0, 0);
const firstFree = (m: Machine, z: number, order: number) =>
  m.links[2 * (m.sentinelBase + z * MAX_ORDER + order)];

/** Each breaks one invariant of a machine that was sound. */
const corruptions: [string, string, (m: Machine) => void][] = [
  ['free_pages is off by one', 'free-pages', m => m.zone[ZONE_FREE]++],
  ['a mark is out of order', 'watermarks', m => (m.zone[ZONE_LOW] = 0)],
  ['prev leads elsewhere', 'free-list', m => (m.links[2 * firstFree(m, 1, 10) + 1] = 5)],
  [
    'a block is in its list twice',
    'free-list',
    m => {
      const page = firstFree(m, 1, 10);
      m.links[2 * page] = page;
    },
  ],
  [
    'a list leads to a page of another zone',
    'zone',
    m => {
      const from = m.sentinelBase + 10;
      const head = from + MAX_ORDER;
      const page = firstFree(m, 0, 10);
      m.links[2 * from] = m.links[2 * page];
      m.links[2 * m.links[2 * page] + 1] = from;
      m.zone[ZONE_FREE] -= 1024;
      m.links[2 * head] = page;
      m.links[2 * page + 1] = head;
    },
  ],
  [
    'a block is not aligned',
    'alignment',
    m => {
      const head = m.sentinelBase + MAX_ORDER + 10;
      const page = firstFree(m, 1, 10);
      m.links[2 * head] = page + 1;
      m.links[2 * (page + 1)] = m.links[2 * page];
      m.links[2 * (page + 1) + 1] = head;
    },
  ],
  ['a listed block says it is allocated', 'state', m => (m.state[firstFree(m, 1, 10)] = PAGE_ALLOCATED | 10)],
  ['a listed block says another order', 'state', m => (m.state[firstFree(m, 1, 10)] = PAGE_FREE | 9)],
  ['a per-CPU list is too long', 'pcp', m => (m.pcp[list + PCP_TAIL] += PCP_RING)],
  [
    'a page is twice in a per-CPU list',
    'pcp',
    m => {
      const head = m.pcp[list + PCP_HEAD];
      m.pcp[list + PCP_PAGES + (head & (PCP_RING - 1))] = pcpPage(m, list, 1);
    },
  ],
  [
    'a per-CPU list holds a page of another zone',
    'pcp',
    m => (m.pcp[list + PCP_PAGES + (m.pcp[list + PCP_HEAD] & (PCP_RING - 1))] = 3),
  ],
  ['a per-CPU page says it is allocated', 'state', m => (m.state[pcpPage(m, list, 0)] = PAGE_ALLOCATED)],
  ['a short way is open that should be closed', 'limits', m => m.pcp[list + PCP_TAKE]++],
  ['a short way is closed that should be open', 'limits', m => (m.pcp[list + PCP_PUT] = PCP_ALWAYS)],
  [
    'a page claims a per-CPU list that has it not',
    'cover',
    m => (m.state[allocPages(m, GFP_KERNEL, 0, 0, 0)] = PAGE_PCP),
  ],
  ['an allocated page is forgotten', 'cover', m => (m.state[allocPages(m, GFP_KERNEL, 0, 0, 0)] = 0)],
  [
    'a page inside a block is in use',
    'cover',
    m => (m.state[allocPages(m, GFP_KERNEL, 3, 0, 0) + 5] = PAGE_ALLOCATED),
  ],
  [
    'an allocated block says it is larger than it can be',
    'alignment',
    m => (m.state[allocPages(m, GFP_KERNEL, 0, 0, 0)] = PAGE_ALLOCATED | 10),
  ],
];

describe('checkPages', () => {
  test('finds nothing wrong with a machine after boot', () => {
    expect(() => checkPages(boot(i386(64)))).not.toThrow();
  });

  test.each(corruptions)('sees that %s', (_name, code, corrupt) => {
    const m = boot(i386(64));
    corrupt(m);
    let found = '';
    try {
      checkPages(m);
    } catch (error) {
      found = (error as { code: string }).code;
    }
    expect(found).toBe(code);
  });
});
