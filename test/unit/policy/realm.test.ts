import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import {
  allocPages,
  freePages,
  HOOKS,
  REQ_EVENT,
  REQ_GFP,
  REQ_LINUX,
  REQ_ORDER,
  REQ_ZONE,
} from '../../../src/engine/index.ts';
import { MEM_NAMES, REQUEST_FIELDS } from '../../../src/policy/fields.ts';
import { PolicyRealm } from '../../../src/policy/realm/realm.ts';
import {
  BUILTIN_NAMES,
  PART_COLUMNS,
  type RealmNumbers,
  realmScript,
} from '../../../src/policy/realm/script.ts';
import { call, compiled, inHook, LIMITS, machine, sourceOf } from './inRealm.ts';

/** Of a machine that nobody looks at. */
const NO_NUMBERS = { facade: {}, parts: {}, sizes: {} } as RealmNumbers;

describe('faults are reported where they happened', () => {
  test('in TypeScript, with types on the same line', () => {
    const text = `type T = { x: number };
const f = (a: T | null, b: Record<string, T>): number => (a as T).x + (b['k'] as T)!.x;
export default { zonelist: (request: any, mem: any): number => { const n: number = 1; return f({ x: n } as T, {}); } };`;
    const { fault } = call(text);
    expect(fault).toMatchObject({ code: 'threw', file: 'policy.ts', line: 2 });
    expect(fault!.message).toBe("TypeError: Cannot read properties of undefined (reading 'x')");
    expect(text.split('\n')[1].slice(fault!.column - 1)).toMatch(/^x;/);
  });

  test('in another file', () => {
    const source = {
      entry: 'main.js',
      files: [
        {
          path: 'main.js',
          text: `import { f } from './lib/f.ts';\nexport default { zonelist: () => f(null) };`,
        },
        {
          path: 'lib/f.ts',
          text: `\n\nexport function f(a: { b: number } | null): number {\n  throw new Error('gone: ' + a);\n}`,
        },
      ],
    };
    expect(call(source).fault).toMatchObject({
      file: 'lib/f.ts',
      line: 4,
      column: 9,
      message: 'Error: gone: null',
    });
  });

  test('a thrown value that is no error, at its throw', () => {
    expect(call(inHook('const a = 1;\nthrow [a, 2];'), 'zonelist').fault).toMatchObject({
      line: 3,
      column: 1,
      message: '[1, 2]',
    });
  });

  test("the player's names, not the printer's", () => {
    const { fault } = call(`const $pick = undefined; export default { zonelist: () => $pick() };`);
    expect(fault!.message).toBe('TypeError: $pick is not a function');
  });

  test('out of fuel, in the loop that burnt it', () => {
    expect(call(inHook('let n = 0;\nfor (;;) {\n  n++;\n}')).fault).toMatchObject({
      code: 'out-of-fuel',
      line: 3,
      column: 1,
    });
  });

  test('out of fuel in a builtin, at its call', () => {
    expect(
      call(
        inHook('const a = new Array(1000);\nfor (let i = 0; i < 1e6; i++)\n  a.includes(i);'),
        'zonelist',
        { fuelPerCall: 9000 },
      ).fault,
    ).toMatchObject({
      code: 'out-of-fuel',
      line: 4,
    });
  });

  test('too deep, in the function that was entered last', () => {
    const { fault } = call(
      `const f = n =>\n  g(n + 1);\nconst g = n =>\n  f(n + 1);\nexport default { zonelist: () => f(0) };`,
    );
    expect(fault).toMatchObject({ code: 'call-depth', line: expect.any(Number) });
    expect([1, 3]).toContain(fault!.line);
  });

  test('no integer: at the hook, with what was answered', () => {
    expect(call('\nexport default {\n  zonelist: () => ({ a: [1] }) };').fault).toMatchObject({
      code: 'not-an-integer',
      line: 3,
      column: 3,
      value: '{a: [1]}',
    });
  });
});

describe('budgets', () => {
  test('fuel is counted, the same for the same work', () => {
    const text = inHook('let n = 0; for (let i = 0; i < 10; i++) n += i;');
    const { fuel } = call(text);
    expect(call(text).fuel).toBe(fuel);
    const more = call(inHook('let n = 0; for (let i = 0; i < 11; i++) n += i;')).fuel;
    const more2 = call(inHook('let n = 0; for (let i = 0; i < 12; i++) n += i;')).fuel;
    expect(more - fuel).toBe(more2 - more);
    expect(more - fuel).toBeGreaterThan(0);
  });

  test('a call may use its fuel to the last unit', () => {
    const text = inHook('let n = 0; for (let i = 0; i < 10; i++) n += i;');
    const { fuel } = call(text);
    expect(call(text, 'zonelist', { fuelPerCall: fuel }).fault).toBeNull();
    expect(call(text, 'zonelist', { fuelPerCall: fuel - 1 }).fault?.code).toBe('out-of-fuel');
  });

  test('a run has its own limit, and then no call runs', () => {
    const text = inHook('let n = 0; for (let i = 0; i < 10; i++) n += i;');
    const { fuel } = call(text);
    const { realm, answer } = call(text, 'zonelist', { fuelPerRun: fuel + 1 });
    expect(answer).toBe(1);
    expect(realm.hooks!.zonelist!()).toBe(-0x80000000);
    expect(realm.fault('zonelist')).toMatchObject({
      code: 'out-of-fuel',
      message: `the run's ${fuel + 1} units of fuel are used up: each call must do less`,
    });
    expect(realm.fuelUsed).toBe(fuel + 1);
    expect(realm.hooks!.zonelist!()).toBe(-0x80000000);
    expect(realm.fuelUsed).toBe(fuel + 1);
  });

  test('after a fault the next call starts with fresh fuel and depth', () => {
    const text = `let n = 0; const f = () => f(); export default { zonelist() { n++; if (n === 1) for (;;) {} if (n === 2) f(); return n; } };`;
    const { realm, answer } = call(text, 'zonelist', { fuelPerCall: 5000 });
    expect([answer, realm.hooks!.zonelist!(), realm.hooks!.zonelist!()]).toEqual([
      -0x80000000, -0x80000000, 3,
    ]);
  });

  test('depth comes back on every way out of a function', () => {
    const ways = [
      'const f = n => { if (n > 0) return 1; };',
      'const f = n => { try { throw n; } catch { return g(n); } }; const g = n => n;',
      'const f = n => { try { return g(n); } finally { g(n); } }; const g = n => n;',
      'const f = n => { try { g(n); } catch { } }; const g = n => { h(n); }; const h = n => { throw n; };',
      'const f = n => { for (const x of [1]) { try { h(x); } finally { break; } } }; const h = n => { throw n; };',
      'class A { constructor(n) { this.n = n; } } class B extends A { m() { return super.m; } } const f = n => new B(n).m();',
      'const f = n => [3, 1, 2].sort((a, b) => g(a, b)).map(x => g(x, 0)).length; const g = (a, b) => a - b;',
    ];
    for (const way of ways) {
      const { fault, lines } = call(inHook('for (let i = 0; i < 1000; i++) f(i); console.log("end");', way));
      expect([way, fault, lines]).toEqual([way, null, ['end']]);
    }
  });

  test('memory is counted over the run, not kept: a call that allocates a little may not do so for ever', () => {
    const { realm, answer } = call(inHook('[1, 2, 3].slice();'), 'zonelist', { memoryBytes: 1000 });
    expect(answer).toBe(1);
    let calls = 1;
    while (realm.hooks!.zonelist!() === 1) calls++;
    expect(calls).toBeGreaterThan(5);
    expect(realm.fault('zonelist')).toMatchObject({
      code: 'out-of-memory',
      message:
        'allocated more than 1000 bytes in the run: change what is there, rather than make more in each call',
    });
  });

  test('the console is bounded, and says what it left out', () => {
    const { realm } = call(inHook('for (let i = 0; i < 150; i++) console.log(i);'));
    const { lines, dropped } = realm.consoleLines();
    expect([lines.length, dropped, lines[99].text]).toEqual([100, 50, '99']);
    expect(lines[0]).toMatchObject({ file: 'policy.ts', line: 2 });
  });
});

describe('the realm', () => {
  test('nothing hangs from its prototypes but what is listed', () => {
    const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
    const m = machine();
    const status = new Int32Array(16);
    const columns = [
      m.request,
      m.zone,
      m.links,
      m.state,
      m.tag,
      m.pcp,
      new Uint16Array(1),
      new Uint8Array(1),
      status,
      new Uint16Array(400),
      new Uint16Array(400),
      new Int32Array(300),
      new Float64Array(2),
      ...PART_COLUMNS.map(() => new Float64Array(4)),
    ];
    const script = realmScript('const $h_zonelist = () => 1;', ['zonelist'], NO_NUMBERS);
    new Script(script).runInContext(context)({
      buffers: columns.map(c => c.buffer),
      offsets: columns.map(c => c.byteOffset),
      lengths: columns.map(c => c.length),
      load: 1000,
      memory: 1e6,
    });
    const get = (text: string): object => new Script(text).runInContext(context);
    const keysOf = (o: object) => Reflect.ownKeys(o).map(String).sort();
    const proto = (text: string) => Object.getPrototypeOf(get(text)) as object;
    expect(keysOf(proto('({})'))).toEqual([]);
    for (const f of ['() => 1', 'async () => 1', '(function* () {})', '(async function* () {})']) {
      for (let p = proto(f); p !== null; p = Object.getPrototypeOf(p)) {
        expect(keysOf(p).filter(key => key !== 'Symbol(Symbol.hasInstance)')).toEqual([]);
      }
    }
    expect(keysOf(proto('[]'))).toEqual([
      'Symbol(Symbol.iterator)',
      'at',
      'concat',
      'entries',
      'every',
      'fill',
      'filter',
      'find',
      'findIndex',
      'findLast',
      'findLastIndex',
      'flatMap',
      'forEach',
      'includes',
      'indexOf',
      'join',
      'keys',
      'lastIndexOf',
      'length',
      'map',
      'pop',
      'push',
      'reduce',
      'reverse',
      'shift',
      'slice',
      'some',
      'sort',
      'splice',
      'unshift',
      'values',
    ]);
    expect(keysOf(proto('[].values()'))).toEqual(['next']);
    expect(keysOf(Object.getPrototypeOf(proto('[].values()')))).toEqual(['Symbol(Symbol.iterator)']);
    expect(keysOf(proto('/x/'))).toEqual([]);
    expect(keysOf(get('this'))).toEqual(['Error', 'Infinity', 'NaN', 'undefined']);
  });

  test('every builtin that the printer may name is there', () => {
    const text = realmScript('', [], NO_NUMBERS);
    for (const name of BUILTIN_NAMES) expect(text).toContain(`const ${name} = $B.${name};`);
    const context = createContext(Object.create(null));
    const missing = BUILTIN_NAMES.map(n => `if (${n} === undefined) $print(0, "${n}");`).join('\n');
    const m = machine();
    const lines = new Int32Array(300);
    const status = new Int32Array(16);
    const columns = [
      m.request,
      m.zone,
      m.links,
      m.state,
      m.tag,
      m.pcp,
      new Uint16Array(1),
      new Uint8Array(1),
      status,
      new Uint16Array(400),
      new Uint16Array(60_000),
      lines,
      new Float64Array(2),
      ...PART_COLUMNS.map(() => new Float64Array(4)),
    ];
    new Script(realmScript(missing, [], NO_NUMBERS)).runInContext(context)({
      buffers: columns.map(c => c.buffer),
      offsets: columns.map(c => c.byteOffset),
      lengths: columns.map(c => c.length),
      load: 1e6,
      memory: 1e6,
    });
    expect(status[6]).toBe(0);
  });

  test('nothing of one run is left in the next', () => {
    const policy = compiled(
      sourceOf(
        'let n = 0; const seen = []; export default { zonelist() { seen.push(++n); return seen.length; } };',
      ),
    );
    const run = () => {
      const realm = new PolicyRealm(
        policy,
        machine(),
        { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) },
        LIMITS,
        5,
      );
      return [realm.hooks!.zonelist!(), realm.hooks!.zonelist!()];
    };
    expect([run(), run()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('random numbers come from the state that was given, and stay below what was asked', () => {
    const policy = compiled(
      sourceOf(
        inHook('console.log([1, 2, 10, 1000, 0, -5, NaN, 2.9].map(n => mem.random(n)), mem.random(1e9));'),
      ),
    );
    const run = (state: number) => {
      const realm = new PolicyRealm(
        policy,
        machine(),
        { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) },
        LIMITS,
        state,
      );
      realm.hooks!.zonelist!();
      return realm.consoleLines().lines[0].text;
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
    expect(run(1)).toMatch(/^\[0, [01], \d, \d{1,3}, 0, 0, 0, [01]\] \d+$/);
  });
});

describe('request and mem', () => {
  test('the fields of a request are those the engine wrote', () => {
    const m = machine();
    m.request[REQ_GFP] = 0xd2;
    m.request[REQ_ORDER] = 3;
    m.request[REQ_LINUX] = 0x123;
    m.request[REQ_EVENT] = 77;
    m.request[REQ_ZONE] = 1;
    const { lines } = call(
      'export default { watermark(request, mem) { const r = request; console.log(request.gfp, r.order, request.linux, { ...r }.event, r.zone); return 1; } };',
      'watermark',
      {},
      m,
    );
    expect(lines).toEqual(['210 3 291 77 1']);
  });

  test('each hook has the fields that player.ts promises', () => {
    const types = readFileSync(join(__dirname, '../../../src/policy/player.ts'), 'utf8');
    const fieldsOf = (name: string): string[] => {
      const body = new RegExp(`interface ${name}[^{]*\\{([^}]*)\\}`).exec(types);
      return body === null ? [] : [...body[1].matchAll(/readonly (\w+):/g)].map(m => m[1]);
    };
    const base = fieldsOf('BaseRequest');
    for (const hook of HOOKS) {
      const own = fieldsOf(`${hook[0].toUpperCase()}${hook.slice(1)}Request`);
      expect([hook, Object.keys(REQUEST_FIELDS[hook])]).toEqual([hook, [...base, ...own]]);
    }
    const mem = /interface Mem \{([\s\S]*?)\n\}/.exec(types)![1];
    const names = [...mem.matchAll(/^ {2}(?:readonly )?(\w+)[:(]/gm)].map(m => m[1]);
    expect([...names].sort()).toEqual([...MEM_NAMES].sort());
    expect(
      call(
        inHook(
          'const m = mem; console.log(Object.keys(m).length, Object.keys(m).every(k => m[k] !== undefined));',
        ),
      ).lines,
    ).toEqual([`${MEM_NAMES.length} true`]);
  });

  test('views of a machine with free, allocated, reserved and per-CPU pages', () => {
    const m = machine();
    const a = allocPages(m, 0xd0, 3, 0, 0);
    const b = allocPages(m, 0xd0, 2, 0, 0);
    const c = allocPages(m, 0xd0, 0, 0, 0);
    freePages(m, b, 2, 0, 0);
    m.tag[a] = 5;
    const slotTask = new Uint16Array(16);
    slotTask[5] = 1;
    const text = inHook(`const z = mem.NORMAL, m = mem;
console.log([mem.allocatedOrder(${a}), mem.allocatedOrder(${a} + 1), mem.blockOf(${a} + 5), mem.task(${a} + 5), mem.owner(${a} + 7), mem.allocatedOrder(${c})]);
console.log([mem.freeOrder(${b}), mem.freeOrder(${a}), mem.blockOf(${b} + 3), mem.task(${b}), mem.owner(${b})]);
console.log([mem.zoneOf(0), mem.zoneOf(4096), mem.zoneOf(8191), mem.zoneOf(8192), mem.zoneOf(-1), mem.zoneOf(NaN), m.zoneOf('0')]);
console.log([mem.free(z), mem.low(z), mem.min(z), mem.high(z), mem.present(z), mem.start(z), mem.spanned(z)]);
console.log([mem.free(7), mem.low(-1), mem.nrFree(1, 11), mem.firstFree(2, 0), mem.nextFree(1, 2, ${a}), m.free(), m.free({}), m.pcpCount(1, 9, 0)]);
let walked = 0, back = 0;
for (let o = 0; o < mem.MAX_ORDER; o++) {
  let n = 0;
  for (let p = mem.firstFree(z, o); p >= 0; p = mem.nextFree(z, o, p)) { n++; walked += 1 << o; }
  for (let p = mem.lastFree(z, o); p >= 0; p = mem.prevFree(z, o, p)) back += 1 << o;
  if (n !== mem.nrFree(z, o)) console.log('nrFree', o, n);
}
console.log(walked === mem.free(z), back === mem.free(z), mem.pcpCount(z, 0, 0) > 0, mem.pcpCount(z, 0, 1));
console.log([mem.zonelist(1), mem.zonelist(1, 0), mem.zonelist(2, 1, 0), mem.zonelist(9), mem.NORMAL_DMA, mem.HIGHMEM_NORMAL_DMA, mem.zonelist(0, 9)]);
console.log([mem.nrPages, mem.cpus, mem.ownerOfTask(0), mem.ownerOfTask(1), mem.ownerOfTask(2), mem.isReserved(0)]);`);
    const policy = compiled(sourceOf(text));
    const realm = new PolicyRealm(policy, m, { slotTask, taskOwner: Uint8Array.of(0, 3) }, LIMITS, 1);
    expect(realm.hooks!.zonelist!()).toBe(1);
    const isFree = (pfn: number) => (m.state[pfn] & 0xf0) === 0x10;
    let block = b;
    for (let order = 1; !isFree(block); order++) block = b & -(1 << order);
    const { zone } = m;
    const fields = [0, 2, 1, 3, 6, 4, 5].map(i => zone[8 + i]);
    const own = realm.consoleLines().lines.filter(l => !l.text.includes(': there is no '));
    expect(own.map(l => l.text)).toEqual([
      `[3, -1, ${a}, 1, 3, 0]`,
      `[${isFree(b) ? m.state[b] & 15 : -1}, -1, ${block}, -1, -1]`,
      '[0, 1, 1, -1, -1, -1, -1]',
      `[${fields.join(', ')}]`,
      '[0, 0, 0, -1, -1, 0, 0, 0]',
      'true true true 0',
      `[2, 18, ${0x123}, 0, 18, ${0x123}, 1]`,
      '[8192, 1, 0, 3, -1, false]',
    ]);
  });

  test('lowestFree finds the first block in address order, and nothing when there is none', () => {
    const m = machine();
    const free = (pfn: number) => (m.state[pfn] & 0xf0) === 0x10;
    for (const order of [0, 1, 5, 10]) {
      let wanted = -1;
      for (let pfn = 4096; pfn < 8192 && wanted < 0; pfn++)
        if (free(pfn) && (m.state[pfn] & 15) >= order) wanted = pfn;
      expect(
        call(`export default { block: (r, mem) => mem.lowestFree(mem.NORMAL, ${order}) };`, 'block', {}, m)
          .answer,
      ).toBe(wanted);
    }
    for (let pfn = 0; pfn < 8192; pfn++) m.state[pfn] = 0x30;
    expect(
      call('export default { block: (r, mem) => mem.lowestFree(mem.NORMAL, 0) };', 'block', {}, m).answer,
    ).toBe(-1);
    expect(
      call('export default { block: (r, mem) => mem.lowestFree(mem.HIGHMEM, 0) };', 'block', {}, m).answer,
    ).toBe(-1);
    expect(
      call('export default { block: (r, mem) => mem.lowestFree(mem.NORMAL, 11) };', 'block', {}, m).answer,
    ).toBe(-1);
  });
});
