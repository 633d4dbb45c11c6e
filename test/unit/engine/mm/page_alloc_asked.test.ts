import {
  AS_LINUX,
  allocPages,
  boot,
  CTX_REALTIME,
  checkPages,
  FAULT,
  freePages,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  HOOKS,
  type HookName,
  type Machine,
  NIL,
  PAGE_HOOKS,
  REQ_COUNT,
  REQ_LINUX,
  REQ_ORDER,
  recordEvents,
  setHooks,
  stateHash,
} from '../../../../src/engine/index.ts';
import { REQUEST_FIELDS } from '../../../../src/policy/fields.ts';
import { i386, numbers } from '../machines.ts';

const PAGE_HOOK_NAMES = HOOKS.filter((_, bit) => (PAGE_HOOKS & (1 << bit)) !== 0);

interface Seen {
  /** What was asked and answered, in words. */
  asked: string[];
  got: number[];
  stat: number[];
  hash: string;
  outcomes: number[];
}

/** Mostly Linux's answer, now and then another, a wrong one or none. */
function whim(m: Machine, hook: HookName, next: () => number): number {
  const { request } = m;
  const linux = request[REQ_LINUX];
  switch (next() % 8) {
    case 0:
      return AS_LINUX;
    case 1:
      return FAULT;
    case 2:
      return 0x7fff0000;
    case 3:
      if (hook === 'zonelist') return linux & 15;
      if (hook === 'watermark') return linux >> 1;
      if (hook === 'placement') return 1;
      if (hook === 'coalesce') return request[REQ_ORDER];
      if (hook === 'pcp') return Math.min(3, request[REQ_COUNT]);
      return linux;
    default:
      return linux;
  }
}

/** Requests and frees until memory is short and again; `watched`: events are recorded, so that nothing goes a short way. */
function play(mask: number, seed: number, watched: boolean): Seen {
  const m = boot(i386(20, { cpus: 2, lowerZoneProtection: 2 }));
  if (watched) recordEvents(m, 16);
  const asked: string[] = [];
  const answers = numbers(seed);
  const ask = (hook: HookName) => (): number => {
    const answer = whim(m, hook, answers);
    const fields = Object.values(REQUEST_FIELDS[hook]).map(at => m.request[at]);
    asked.push(`${hook} ${fields.join(' ')}: ${answer}`);
    return answer;
  };
  setHooks(m, {
    mask,
    zonelist: ask('zonelist'),
    watermark: ask('watermark'),
    block: ask('block'),
    placement: ask('placement'),
    pcp: ask('pcp'),
    decide: hook => ask(HOOKS[hook])(),
    illegal: (hook, answer, rule) => asked.push(`${hook} ${answer} ${rule}`),
  });
  const next = numbers(seed + 1);
  const held: { pfn: number; order: number }[] = [];
  const got: number[] = [];
  const outcomes: number[] = [];
  for (let i = 0; i < 18_000; i++) {
    const wants = (i >> 13) % 2 === 0 ? 5 : 1;
    if (held.length > 0 && next() % 6 >= wants) {
      const [{ pfn, order }] = held.splice(next() % held.length, 1);
      freePages(m, pfn, order, next() & 1, order === 0 ? next() & 1 : 0);
    } else {
      const order = next() % 9 === 0 ? next() % 3 : 0;
      const gfp =
        [GFP_KERNEL, GFP_HIGHUSER, GFP_ATOMIC, GFP_DMA][next() % 4] | (next() % 4 === 0 ? 0x100 : 0);
      const pfn = allocPages(m, gfp, order, next() & 1, next() % 16 === 0 ? CTX_REALTIME : 0);
      got.push(pfn);
      outcomes.push(m.outcome);
      if (pfn !== NIL) held.push({ pfn, order });
    }
    if (i % 997 === 0) checkPages(m);
  }
  return { asked, got, stat: [...m.stat], hash: stateHash(m), outcomes };
}

test.each([
  ...PAGE_HOOK_NAMES.map(name => [name]),
  ['zonelist', 'block'],
  ['watermark', 'pcp'],
  ['placement', 'coalesce', 'zonelist'],
  [...PAGE_HOOK_NAMES],
])('%s: a page that goes the short way is asked about as on the long one', (...names) => {
  const mask = names.reduce((sum, name) => sum | (1 << HOOKS.indexOf(name as HookName)), 0);
  for (const seed of [17]) {
    const short = play(mask, seed, false);
    const long = play(mask, seed, true);
    expect(short.asked.length).toBeGreaterThan(
      names.includes('coalesce') || names.includes('placement') ? 50 : 500,
    );
    expect(short.asked.find((line, i) => line !== long.asked[i])).toBeUndefined();
    expect(short).toEqual(long);
    expect(short.got).toContain(NIL);
  }
});
