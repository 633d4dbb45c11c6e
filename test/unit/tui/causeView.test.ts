import type { Cause } from '../../../src/harness/cause.ts';
import { causeLines, causeText } from '../../../src/report/causeText.ts';
import { view } from '../../../src/tui/view.ts';
import { PINNED } from './causes.ts';
import { FakeRun, model, play, prepared } from './fake.ts';

const words = { file: 'challenge.yaml', sources: [], pageBytes: 4096 };
const { by } = PINNED;
const moment = { event: 49, timeUs: 5_000_000, by };

const OTHERS: Record<Exclude<Cause['kind'], 'allocation'>, [Cause, RegExp[]]> = {
  stack: [
    {
      kind: 'stack',
      ...moment,
      limit: 8140,
      frames: [
        { depth: 9000, size: 900, function: 'do_read' },
        { depth: 8100, size: 8100, function: 'ext3_get_block' },
      ],
      crossed: 0,
      report: ['do_IRQ: stack overflow: 12'],
    },
    [
      /frame of do_read\(\) crossed the limit: 900 bytes on top of 8,100, 860 too many/,
      /0\) +9000 +900 +do_read/,
    ],
  ],
  oom: [
    {
      kind: 'oom',
      ...moment,
      how: 'badness',
      victim: 'big',
      processes: [
        { process: 1, task: 'big', points: 60, totalVm: 3400, rss: 3000, nice: 0, root: false, victim: true },
      ],
      others: 3,
      report: ['Out of Memory: Killed process 2 (big).'],
    },
    [/big was killed for want of memory/, /killed +big +60 +3,400 +3,000/, /and 3 more/],
  ],
  bug: [
    { kind: 'bug', ...moment, report: ['------------', 'kernel BUG at x!'], noticed: true, before: [by] },
    [/^kernel BUG at x!/, /What was done with it before\n {2}sb16 asks/],
  ],
  goal: [
    {
      kind: 'goal',
      ...moment,
      text: 'zone.free, at least 3000',
      unit: 'pages',
      wanted: 3000,
      compare: 'at_least',
      before: 3001,
      after: 2993,
      atEnd: false,
      metric: 'zone.free',
      held: false,
      makeup: {
        shares: [
          { of: 'zone', name: 'DMA', value: 12 },
          { of: 'zone', name: 'Normal', value: 2981 },
        ],
        otherShares: 1,
        spent: [{ name: 'call', what: 'a call of the allocator', times: 100, cycles: 2993 }],
        beside: [
          { metric: 'task.cpu_wait', task: 'sb16', value: 2500, unit: 'us', meaning: 'of that, for a CPU' },
        ],
      },
    },
    [
      /from 3,001 pages to 2,993 pages; wanted at least 3,000 pages/,
      /call +100 x +2,993 +100 %/,
      /zone.free by zone\n +DMA +12 pages\n +Normal +2,981 pages\n +and 1 more/,
      /task.cpu_wait of sb16: 2.5ms \(of that, for a CPU\)/,
    ],
  ],
  fault: [
    { kind: 'fault', ...moment, fault: null, nrFaults: 812 },
    [/behind the first hundred/, /812 faults in all/],
  ],
  window: [
    {
      kind: 'window',
      ...moment,
      pages: 16,
      used: 1 << 20,
      largestHole: 8192,
      holders: [{ task: 'iptables', areas: 3, pages: 40, oldestUs: 5 }],
    },
    [
      /vmalloc\(\) of 64 KiB found no addresses/,
      /1,024 KiB are in use.*largest hole has 8 KiB/,
      /iptables +3 +40/,
    ],
  ],
  reclaim: [{ kind: 'reclaim', ...moment }, [/reclaim pages itself/]],
  flush: [{ kind: 'flush', ...moment }, [/TLB of every CPU was flushed/]],
};

test.each(Object.keys(OTHERS) as (keyof typeof OTHERS)[])('%s is told', kind => {
  const [cause, wanted] = OTHERS[kind];
  const text = causeText(cause, words, 200);
  for (const part of wanted) expect(text).toMatch(part);
  expect(causeLines(cause, words).filter(line => line.link !== undefined).length).toBeGreaterThan(0);
});

test('a decision is told with the line of the policy where its hook stands', () => {
  const sources = [
    { path: 'mine.ts', text: "import { x } from 'y';\nexport default {\n  zonelist: () => 1,\n};\n" },
  ];
  const text = causeText(PINNED, { ...words, sources });
  const flat = text.replace(/\s+/g, ' ');
  expect(text).toContain('zonelist answered DMA; Linux: Normal, DMA (mine.ts:3)');
  expect(flat).toContain('zonelist, which zones for order 8, GFP_ATOMIC|GFP_DMA: DMA, as Linux (mine.ts:3)');
  expect(text).toContain('the policy (zonelist) answered as Linux would');
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
});

test('want of pages is told with who holds them first, and what was kept back', () => {
  const short = {
    ...PINNED,
    why: 'pages' as const,
    zones: [{ ...PINNED.zones[0], freePages: 300, why: 'pages' as const }],
  };
  const text = causeText(short, words);
  expect(text.replace(/\s+/g, ' ')).toContain('needed 320: its own 256 above 64 that stay');
  expect(text.indexOf('Who holds')).toBeLessThan(text.indexOf('What stands'));
});

const failing = () => play(model(), 'enter', 'enter', 'space', 'f', 'c');

test('c tells the cause; an event of it is chosen and gone to, with the page under the cursor', () => {
  const at = failing();
  expect(at.screen).toBe('cause');
  const second = play(at, 'down');
  expect(second.causeView!.selected).toBe(1);
  const there = play(second, 'enter');
  expect([there.screen, there.play!.run.op]).toEqual(['run', 13]);
  expect(there.play!.view).toMatchObject({ inspecting: true, cursor: 0x344 });
});

test('choosing goes on to the last event and scrolls the text with it', () => {
  const last = play(failing(), 'down', 'down', 'down', 'down', 'down', 'down');
  expect(last.causeView!.selected).toBe(2);
  expect(last.scroll).toBeGreaterThan(3);
  expect(view(last).toString()).toContain('▸ pfn 0x00512');
  expect(play(last, 'home').causeView!.selected).toBe(0);
  expect(play(last, 'q').screen).toBe('run');
});

test('where nothing went wrong there is no cause', () => {
  const clean = (): FakeRun => new FakeRun(1, 40);
  const at = play(model(), 'enter', 'enter', 'space');
  const calm = { ...at, play: { ...at.play!, run: clean(), prepared: prepared() } };
  expect(play(calm, 'c').notice!.text).toBe('nothing went wrong in this run');
});
