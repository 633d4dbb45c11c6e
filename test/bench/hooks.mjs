/**
 * What a hook costs: the same decisions once taken by functions of this process and once by a policy in its realm, in
 * turn. `node test/bench/hooks.mjs [seconds a round]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(root, 'node_modules', '.bench-'));
const outfile = join(folder, 'hooks.mjs');
buildSync({
  stdin: {
    contents: `export * from './src/engine/index.ts';
export * from './src/policy/compile/index.ts';
export * from './src/policy/realm/realm.ts';
export * from './src/policy/realm/script.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  outfile,
});
const E = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });

const PLAN = { fuelPerCall: 100_000, fuelPerRun: 1e15, memoryBytes: 1e9, hooks: [], onFault: 'linux' };
const CONFIG = {
  arch: 'i386',
  ramPages: 65536,
  cpus: 1,
  boot: 'flat',
  bootmapPfn: 0,
  reserve: [],
  minFreeKbytes: -1,
  lowerZoneProtection: 0,
};

/** Each: the text of a policy, and the same decisions over the machine's columns. */
const CASES = [
  {
    name: 'one test of a flag',
    text: `zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY)`,
    direct: m => ({ zonelist: () => ((m.request[E.REQ_GFP] & E.GFP_DMA) !== 0 ? 1 : 2) }),
  },
  {
    name: 'a watermark by free pages',
    text: `watermark(request, mem) { const low = mem.low(request.zone); return mem.free(request.zone) > 2 * low ? 1 : low + request.order; }`,
    direct: m => ({
      watermark: () => {
        const at = m.request[E.REQ_ZONE] * E.ZONE_STRIDE;
        const low = m.zone[at + E.ZONE_LOW];
        return m.zone[at + E.ZONE_FREE] > 2 * low ? 1 : low + m.request[E.REQ_ORDER];
      },
    }),
  },
  {
    name: 'a loop over ten orders',
    text: `placement(request, mem) { let n = 0; for (let o = 0; o < mem.MAX_ORDER; o++) if (mem.firstFree(request.zone, o) >= 0) n += o; return n > 100 ? mem.TAIL : mem.HEAD; }`,
    direct: m => ({
      placement: () => {
        let n = 0;
        for (let o = 0; o < E.MAX_ORDER; o++) {
          const head = m.sentinelBase + m.request[E.REQ_ZONE] * E.MAX_ORDER + o;
          if (m.links[2 * head] !== head) n += o;
        }
        return n > 100 ? 1 : 0;
      },
    }),
  },
  {
    name: 'a helper given both',
    before: `const free = (request, mem) => mem.free(request.zone) - mem.low(request.zone);
const enough = (request, mem) => free(request, mem) > request.order;`,
    text: `watermark(request, mem) { return enough(request, mem) ? 1 : mem.AS_LINUX; }`,
    direct: m => ({
      watermark: () => {
        const at = m.request[E.REQ_ZONE] * E.ZONE_STRIDE;
        return m.zone[at + E.ZONE_FREE] - m.zone[at + E.ZONE_LOW] > m.request[E.REQ_ORDER] ? 1 : -1;
      },
    }),
  },
  {
    name: 'an object, a map, an array',
    before: `class Seen { count = 0; add(n) { this.count += n; return this; } }
const byTask = new Map(); const last = [0, 0, 0, 0];`,
    text: `zonelist(request, mem) {
      let seen = byTask.get(request.order);
      if (seen === undefined) byTask.set(request.order, (seen = new Seen()));
      last[request.order] = seen.add(1).count;
      return last.some(n => n < 0) ? mem.DMA_ONLY : mem.NORMAL_ONLY;
    }`,
    direct: m => {
      class Seen {
        count = 0;
        add(n) {
          this.count += n;
          return this;
        }
      }
      const byTask = new Map();
      const last = [0, 0, 0, 0];
      return {
        zonelist: () => {
          const order = m.request[E.REQ_ORDER];
          let seen = byTask.get(order);
          if (seen === undefined) byTask.set(order, (seen = new Seen()));
          last[order] = seen.add(1).count;
          return last.some(n => n < 0) ? 1 : 2;
        },
      };
    },
  },
  {
    name: 'a table of its own',
    before: 'const seen = new Int32Array(256); let at = 0;',
    text: `zonelist(request, mem) { seen[at & 255] += request.order + 1; at++; return seen[(at * 7) & 255] < 0 ? mem.DMA_ONLY : mem.NORMAL_DMA; }`,
    direct: m => {
      const seen = new Int32Array(256);
      let at = 0;
      return {
        zonelist: () => {
          seen[at & 255] += m.request[E.REQ_ORDER] + 1;
          at++;
          return seen[(at * 7) & 255] < 0 ? 1 : 0x12;
        },
      };
    },
  },
];

const linux = () => -1;

function hooksOf(calls) {
  const mask = E.HOOKS.reduce((bits, name, i) => (calls[name] ? bits | (1 << i) : bits), 0);
  return {
    mask,
    zonelist: linux,
    watermark: linux,
    block: linux,
    placement: linux,
    pcp: linux,
    illegal() {},
    ...calls,
  };
}

function realmHooks(m, { text, before = '' }) {
  const source = { entry: 'p.js', files: [{ path: 'p.js', text: `${before}\nexport default { ${text} };` }] };
  const compiled = E.compilePolicy(source, E.HOOKS, E.POLICY_FIRST_LINE);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const workload = { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) };
  return hooksOf({ ...new E.PolicyRealm(compiled.policy, m, workload, PLAN, 1).hooks });
}

const PAIRS = 200_000;

/** ns for one allocation of order 0..3 and its free, the hook included. */
function round(m) {
  const started = performance.now();
  for (let i = 0; i < PAIRS; i++) {
    const order = i & 3;
    const pfn = E.allocPages(m, 0xd0, order, 0, 0);
    E.freePages(m, pfn, order, 0, 0);
  }
  return ((performance.now() - started) * 1e6) / PAIRS;
}

const machines = CASES.map(c => {
  const make = hooks => {
    const m = E.boot(CONFIG);
    E.setHooks(m, hooks(m));
    return m;
  };
  return {
    name: c.name,
    none: make(() => hooksOf({})),
    direct: make(m => hooksOf(c.direct(m))),
    realm: make(m => realmHooks(m, c)),
  };
});

const rounds = 12;
console.log(
  'ns for an allocation and its free, hook included; best of',
  rounds,
  'rounds, Node',
  process.version,
);
for (const { name, none, direct, realm } of machines) {
  const best = [1e9, 1e9, 1e9];
  for (let r = 0; r < rounds; r++) {
    [none, direct, realm].forEach((m, i) => {
      best[i] = Math.min(best[i], round(m));
    });
  }
  const [bare, d, p] = best.map(ns => ns.toFixed(1).padStart(6));
  console.log(
    `${name.padEnd(28)} no hook ${bare}   direct ${d}   policy ${p}   ratio ${(best[2] / best[1]).toFixed(2)}`,
  );
}
