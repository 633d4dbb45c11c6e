import { REQ_GFP, REQ_ORDER, REQ_TASK } from '../../../src/engine/index.ts';
import { call, compiled, machine, sourceOf } from './inRealm.ts';

const policyOf = (text: string) => compiled(sourceOf(text, 'policy.js'));

/** What a policy answers where the request is of this order, mask and task. */
function answer(text: string, order = 3, gfp = 0xd0, task = 7): number {
  const m = machine();
  m.request[REQ_ORDER] = order;
  m.request[REQ_GFP] = gfp;
  m.request[REQ_TASK] = task;
  return call(sourceOf(text, 'policy.js'), 'zonelist', {}, m).answer;
}

const NAMED = 'function pick(request, mem) { return request.order + mem.NORMAL; }\n';

describe("functions that are given the engine's own request", () => {
  test.each([
    ['a hook that is written elsewhere', `${NAMED}export default { zonelist: pick };`],
    ['a constant', 'const pick = (r, m) => r.order + m.NORMAL;\nexport default { zonelist: pick };'],
    [
      'a function that a hook hands it to',
      `${NAMED}export default { zonelist: (request, mem) => pick(request, mem) };`,
    ],
    [
      'functions that hand it on to each other',
      `const a = (n, r, m) => (n === 0 ? r.order + m.NORMAL : b(n - 1, r, m));
const b = (n, r, m) => a(n, r, m);
export default { zonelist: (r, m) => a(3, r, m) };`,
    ],
    [
      'one that takes it apart',
      'const pick = request => { const { order } = request; return order + 1; };\nexport default { zonelist: pick };',
    ],
    ['a parameter that takes it apart', 'export default { zonelist: ({ order }) => order + 1 };'],
  ])('%s reads its fields at once', (_, text) => {
    expect(policyOf(text).text).toMatch(/\$request\[1\]/);
    expect(policyOf(text).text).not.toMatch(/\.order|order:|\.NORMAL/);
    expect(answer(text)).toBe(4);
  });

  test.each([
    [
      'who is called with other objects too',
      `${NAMED}const own = pick({ order: 1 }, { NORMAL: 1 });
export default { zonelist: (request, mem) => pick(request, mem) + pick({ order: own }, mem) };`,
      7,
    ],
    [
      'who is handed on as a value',
      `${NAMED}const keep = [pick];\nexport default { zonelist: (request, mem) => pick(request, mem) + keep[0]({ order: 5 }, mem) };`,
      10,
    ],
    [
      'whose parameter is assigned to',
      'function pick(r) { const was = r.order; r = { order: 9 }; return was + r.order; }\nexport default { zonelist: pick };',
      12,
    ],
    [
      'whose parameter is taken for something else in a pattern',
      'function pick(r) { const was = r.order; [r] = [{ order: 9 }]; return was + r.order; }\nexport default { zonelist: pick };',
      12,
    ],
    [
      'that is declared twice',
      `export default { zonelist: (r, m) => {
  function pick(r) { return 1; }
  function pick(r) { return r.order; }
  return pick(r) + pick({ order: 2 });
} };`,
      5,
    ],
    [
      'that is called with too little',
      'const pick = (n, r) => (r === undefined ? n : r.order);\nexport default { zonelist: r => pick(4) + pick(0, r) };',
      7,
    ],
    [
      'behind values that nobody counts',
      'const pick = (a, b, r) => b.order * 10 + (r === undefined ? 0 : 1);\nexport default { zonelist: r => pick(...[{ order: 2 }, { order: 5 }], r) };',
      51,
    ],
    [
      'that asks for a field which there is not',
      'const pick = r => (r.pass === undefined ? r.order : 0);\nexport default { zonelist: pick };',
      3,
    ],
    [
      'with a default',
      'const pick = (r = { order: 1 }) => r.order;\nexport default { zonelist: r => pick() + pick(r) };',
      4,
    ],
    [
      'with a variable of the same name',
      'function pick(r) { var r = { order: 8 }; return r.order; }\nexport default { zonelist: pick };',
      8,
    ],
    [
      'with a name taken from it that is assigned to',
      'const pick = r => { let { order } = r; order = [order, 4]; return order[1]; };\nexport default { zonelist: pick };',
      4,
    ],
    [
      'of one hook, called by another too',
      `function pick(r) { return r.zone === undefined ? 1 : 2; }
export default { zonelist: r => pick(r), watermark: r => pick(r) };`,
      1,
    ],
  ])('not a function %s', (_, text, expected) => {
    expect(answer(text)).toBe(expected);
  });

  test('nothing is paid more or less for it', () => {
    const written = 'export default { zonelist: (request, mem) => request.order + mem.NORMAL };';
    const named = `const pick = (request, mem) => request.order + mem.NORMAL;\nexport default { zonelist: pick };`;
    expect(call(sourceOf(named, 'policy.js')).fuel).toBe(call(sourceOf(written, 'policy.js')).fuel);
  });
});

describe('who asks', () => {
  test.each([
    ['fields by name', 'export default { zonelist: r => r.gfp + r.order };'],
    ['no parameter', 'export default { zonelist: () => 1 };'],
    ['its own variables of those names', 'let task = 1;\nexport default { zonelist: r => task + r.order };'],
    ['mem', 'export default { zonelist: (r, mem) => mem.owner(3) + mem.task(r.order) };'],
    ['a hook that is written elsewhere', `${NAMED}export default { zonelist: pick };`],
    [
      'fields taken apart',
      'export default { zonelist: ({ gfp }) => gfp, pcp: r => { const { low } = r; return low; } };',
    ],
    [
      'functions that call themselves',
      'const f = (r, n) => (n === 0 ? r.order : f(r, n - 1));\nexport default { zonelist: r => f(r, 2) };',
    ],
  ])('%s: nobody is looked at', (_, text) => {
    expect(policyOf(text).asksWho).toBe(false);
  });

  test.each([
    ['its field', 'export default { zonelist: r => r.task };'],
    ['the CPU', 'export default { placement: r => r.cpu };'],
    ['the mask, where pages come back', 'export default { placement: r => r.gfp };'],
    ['the context, where pages come back', 'export default { coalesce: ({ context }) => context };'],
    [
      'the mask, in a function of two hooks',
      'const f = r => r.gfp;\nexport default { zonelist: r => f(r), pcp: r => f(r) };',
    ],
    ['the time, in the second hook', 'export default { zonelist: r => r.gfp, pcp: r => r.timeMs };'],
    ['taken apart', 'export default { zonelist: ({ gfp, event }) => gfp + event };'],
    ['taken apart later', 'export default { zonelist: r => { const { site } = r; return site; } };'],
    [
      'all the rest',
      'export default { zonelist: r => { const { gfp, ...rest } = r; return Object.keys(rest).length; } };',
    ],
    ['a name worked out', "export default { zonelist: r => r['own' + 'er'] };"],
    ['a name written as text', "export default { zonelist: r => r['task'] };"],
    ['a copy', 'export default { zonelist: r => ({ ...r }).gfp };'],
    ['kept', 'let kept;\nexport default { zonelist: r => { kept = [r]; return kept[0].gfp; } };'],
    ['under another name', 'export default { zonelist: r => { const other = r; return other.gfp; } };'],
    ['given to a builtin', 'export default { zonelist: r => Object.keys(r).length };'],
    ['in a list', 'export default { zonelist: r => [r][0].gfp };'],
    ['all parameters as a list', 'export default { zonelist: (...all) => all[0].gfp };'],
    ['a parameter with a default', 'export default { zonelist: (r = {}) => r.gfp };'],
    [
      'a function that reads it',
      'const f = (n, r) => r.owner + n;\nexport default { zonelist: r => f(1, r) };',
    ],
    ['a function made by another', 'const make = () => r => r.gfp;\nexport default { zonelist: make() };'],
    [
      'a method',
      'class A { go(r) { return r.gfp; } }\nconst a = new A();\nexport default { zonelist: r => a.go(r) };',
    ],
    [
      'printed: the number of the operation is said',
      'export default { zonelist: r => { console.log(1); return r.gfp; } };',
    ],
    [
      'a function that is replaced by one that does',
      'function f({ gfp }) { return gfp; }\nf = r => r.task;\nexport default { zonelist: r => f(r) };',
    ],
    ['a hook with a name of its own', 'export default { zonelist: function pick(r) { return r.gfp; } };'],
  ])('%s: somebody may be', (_, text) => {
    expect(policyOf(text).asksWho).toBe(true);
  });
});
