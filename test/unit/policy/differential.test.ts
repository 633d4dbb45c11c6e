/** What a program computes must not depend on whether it was printed anew: hundreds of random programs, more with OOMPH_PROGRAMS, both ways. */
import vm from 'node:vm';
import { Generator, PRELUDE } from './generate.ts';
import { call, sourceOf } from './inRealm.ts';

const FIRST = Number(process.env['OOMPH_FIRST_PROGRAM'] ?? 1);
const PROGRAMS = Number(process.env['OOMPH_PROGRAMS'] ?? 250);
/** Making a realm takes longer than running a program, so that many share one. */
const TOGETHER = 25;

/** In policies an object is never turned into a string or a number, so in the original it cannot be either. */
const NO_CONVERSIONS = `
for (const { prototype } of [Object, Array, Function, Error]) { delete prototype.toString; delete prototype.valueOf; }
`;

type Result = number | string;

/** One function a program. */
function together(bodies: string[]): string {
  const functions = bodies.map((body, i) => `const run${i} = () => {\n${body}\nreturn main(); };`);
  return `${functions.join('\n')}\nconst runs$ = [${bodies.map((_, i) => `run${i}`).join(', ')}];`;
}

function originals(bodies: string[]): Result[] {
  const context = vm.createContext({});
  vm.runInContext(NO_CONVERSIONS, context);
  const text = `(() => { 'use strict'; ${together(bodies)}\nreturn runs$.map(f => { try { return f(); } catch (e) { return 'threw ' + e.name; } }); })()`;
  return vm.runInContext(text, context) as Result[];
}

function printed(bodies: string[]): Result[] {
  const text = `${together(bodies)}
export default { zonelist() { for (const f of runs$) { try { console.log(f()); } catch (e) { console.log('threw ' + e.name); } } return 1; } };`;
  const { fault, lines } = call(sourceOf(text, 'policy.js'), 'zonelist', { fuelPerCall: 500_000_000 });
  if (fault !== null) throw new Error(`${fault.code}: ${fault.message} at ${fault.line}:${fault.column}`);
  return lines.map(line => (line.startsWith('threw') ? line : Number(line)));
}

test('printed programs compute what their originals compute', () => {
  for (let first = FIRST; first < FIRST + PROGRAMS; first += TOGETHER) {
    const bodies = Array.from({ length: TOGETHER }, (_, i) => new Generator(first + i).program());
    const theirs = originals(bodies);
    const ours = printed(bodies);
    const wrong = theirs.findIndex((value, i) => value !== ours[i]);
    if (wrong >= 0) {
      throw new Error(
        `program ${first + wrong}: printed ${ours[wrong]}, original ${theirs[wrong]}\n${bodies[wrong].slice(PRELUDE.length)}`,
      );
    }
  }
}, 120_000);

test('programs that differ in one literal are told apart', () => {
  const bodies = Array.from({ length: TOGETHER }, (_, i) => new Generator(i + 1).program());
  const changed = bodies.map(body => body.replace('Math.imul(hash, 31)', 'Math.imul(hash, 33)'));
  const ours = printed(changed);
  const same = originals(bodies).filter(
    (value, i) => value === ours[i] && !String(value).startsWith('threw'),
  );
  expect(same).toEqual([]);
});
