/** What a policy asks of `mem` that the machine has not is noted once, and costs nothing. */
import { REQ_EVENT } from '../../../src/engine/index.ts';
import { MEM_FUNCTIONS } from '../../../src/policy/fields.ts';
import { ASKED_NAMES } from '../../../src/policy/realm/notes.ts';
import { PolicyRealm } from '../../../src/policy/realm/realm.ts';
import { compiled, LIMITS, machine, sourceOf } from './inRealm.ts';

const WORKLOAD = { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) };

/** Lines of the console after a hook was called for operations 5, 6 and 7. */
function linesOf(body: string, before = '') {
  const m = machine();
  const text = `${before}\nexport default { zonelist(request, mem) {\n${body}\nreturn 1; } };`;
  const realm = new PolicyRealm(compiled(sourceOf(text)), m, WORKLOAD, LIMITS, 1);
  for (const event of [5, 6, 7]) {
    m.request[REQ_EVENT] = event;
    expect(realm.hooks!.zonelist!()).toBe(1);
  }
  return { ...realm.consoleLines(), fuel: realm.fuelUsed };
}

test('one order too many is told with operation, file and line, once', () => {
  const { lines } = linesOf(`let n = 0;
for (let order = 0; order <= mem.MAX_ORDER; order++)
  n += mem.nrFree(0, order);`);
  const text = 'mem.nrFree(0, 11): there is no order 11 (0 to 10), answered 0';
  expect(lines).toEqual([{ file: 'policy.ts', line: 5, event: 5, text }]);
});

test('notes stand among what the policy prints, in the order of the operations', () => {
  const { lines } = linesOf(`console.log('at', request.event);
if (request.event === 6) mem.free(3);
if (request.event === 7) mem.zoneOf(mem.nrPages);`);
  expect(lines.map(l => `${l.event} ${l.text}`)).toEqual([
    '5 at 5',
    '6 at 6',
    '6 mem.free(3): there is no zone 3 (0 to 2), answered 0',
    '7 at 7',
    '7 mem.zoneOf(8192): there is no page 8192 (0 to 8191), answered -1',
  ]);
});

test('the place is that of the call, in a function of the policy too', () => {
  const { lines } = linesOf('count(mem, 1);', 'const count = (m, cpu) =>\n  m.pcpCount(0, cpu, 0);');
  expect(lines.map(l => `${l.line}: ${l.text}`)).toEqual([
    '2: mem.pcpCount(0, 1, 0): there is no CPU 1 (0 to 0), answered 0',
  ]);
});

test('-1 and what is there are nothing to tell', () => {
  const quiet = [
    'mem.free(-1); mem.nrFree(0, -1); mem.freeOrder(-1); mem.blockOf(-1); mem.slabFree(-1); mem.current(-1);',
    'mem.free(2); mem.nrFree(2, 10); mem.freeOrder(8191); mem.pcpCount(2, 0, 1); mem.zonelist(1); mem.zonelist(2, 1, 0);',
    'mem.firstFree(2, 0); mem.nextFree(1, 0, 5); mem.stackDepth(0); mem.current(0); mem.slabFree(5); mem.nrActive(0);',
  ];
  expect(linesOf(quiet.join('\n')).lines).toEqual([]);
});

test('what is no number is told once for each function', () => {
  const { lines } = linesOf(
    "const zone = 'Normal';\nmem.free(zone);\nmem.free({}); mem.nrFree(1); mem.isReserved(NaN); mem.zonelist(1, null);",
  );
  expect(lines.map(l => `${l.line}: ${l.text}`)).toEqual([
    '4: mem.free(...): its zone is no number, answered 0',
    '5: mem.nrFree(1, ...): its order is no number, answered 0',
    '5: mem.isReserved(...): its page is no number, answered false',
    '5: mem.zonelist(1, ...): its zone is no number, answered 2',
  ]);
});

test('every function that is asked of zones, orders, CPUs or pages tells; nothing else changes', () => {
  const own = ASKED_NAMES.filter(name => name !== 'nextSlab');
  expect(ASKED_NAMES.filter(name => !MEM_FUNCTIONS.includes(name))).toEqual([]);
  const { lines, dropped } = linesOf(own.map(name => `mem.${name}(1e6);`).join('\n'));
  expect(lines.map(l => l.text.slice(4, l.text.indexOf('(')))).toEqual(own);
  expect(lines.map(l => l.line)).toEqual(own.map((_, i) => i + 3));
  expect(dropped).toBe(0);
  expect(linesOf('mem.free(1e6);').fuel).toBe(linesOf('mem.free(1);').fuel);
  expect(linesOf('mem.isReserved(1e6);').lines[0].text).toMatch(/answered false$/);
});
