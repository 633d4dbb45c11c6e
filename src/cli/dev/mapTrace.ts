/** kmap and vmalloc operations of a trace. */
import {
  A_ADDR,
  A_SIZE,
  areaPages,
  FNV_START,
  fnvHex,
  fnvInt,
  freeVmArea,
  getVmArea,
  type Highmem,
  KMAP_SLEEP,
  kmap,
  kmapAtomic,
  kunmap,
  kunmapAtomic,
  STAT_TLB_FLUSHES,
  VM_IOREMAP,
  type Vmalloc,
  vfree,
  vmAreas,
  vmalloc,
} from '../../engine/index.ts';
import { answer, hexAddress, jsonField, type LineHandler, request, type TraceRun } from './trace.ts';

export const MAP_LINES: Readonly<Record<string, LineHandler>> = {
  h: (run, fields) => {
    const address = kmap(highmemOf(run), Number(fields[1]));
    const got = address === KMAP_SLEEP ? 'sleep' : hexAddress(address);
    run.same(request(fields, 2), answer(fields, 2, 2), `${got} ${tlbFlushes(run)}`);
    run.op++;
  },
  l: (run, fields) => {
    kunmap(highmemOf(run), Number(fields[1]));
    run.op++;
  },
  t: (run, fields) => {
    const [, pfn, type, cpu] = fields;
    const address = kmapAtomic(highmemOf(run), Number(pfn), Number(type), Number(cpu ?? 0));
    kunmapAtomic(highmemOf(run), Number(type), Number(cpu ?? 0));
    run.same(request(fields, 4), answer(fields, 4, 1), hexAddress(address));
    run.op++;
  },
  P: (run, fields) => {
    if (fields.length > 1)
      run.compareFields('kmap pool', jsonField(fields, 1), poolDump(run, highmemOf(run)));
  },
  v: (run, fields) => {
    const v = vmallocOf(run);
    const address = vmalloc(v, Number(fields[1]), 0, 0);
    compareAddress(run, fields, address);
    if (address !== 0) {
      const pages = areaPages(v, vmAreas(v).find(row => v.areas[row + A_ADDR] === address)!);
      run.same(`${request(fields, 2)}: pages`, answer(fields, 3, 2), `${pages.length} ${hashOf(pages)}`);
    }
    run.op++;
  },
  w: (run, fields) => {
    vfree(vmallocOf(run), Number(fields[1]), 0);
    run.op++;
  },
  i: (run, fields) => {
    compareAddress(run, fields, getVmArea(vmallocOf(run), Number(fields[1]), VM_IOREMAP, 0, 0));
    run.op++;
  },
  j: (run, fields) => {
    const found = freeVmArea(vmallocOf(run), Number(fields[1]), 0);
    run.same(request(fields, 2), answer(fields, 2, 1), found ? '1' : '0');
    run.op++;
  },
  V: (run, fields) => {
    if (fields.length > 1)
      run.compareFields('vmalloc areas', jsonField(fields, 1), areasDump(run, vmallocOf(run)));
  },
};

function highmemOf(run: TraceRun): Highmem {
  const { highmem } = run.machine;
  if (highmem === null) throw new RangeError('kmap on an architecture without high memory');
  return highmem;
}

function vmallocOf(run: TraceRun): Vmalloc {
  const { vmalloc: window } = run.machine;
  if (window === null) throw new RangeError('vmalloc on a machine whose header says slab 0');
  return window;
}

const tlbFlushes = (run: TraceRun) => run.machine.stat[STAT_TLB_FLUSHES];

/** 0 and 0x0 are the same failure. */
function compareAddress(run: TraceRun, fields: readonly string[], address: number): void {
  const expected = answer(fields, 2, 1);
  const failed = expected !== undefined && Number(expected) === 0;
  run.same(request(fields, 2), failed ? '0' : expected, hexAddress(address));
}

function hashOf(values: ArrayLike<number>): string {
  let h = FNV_START;
  for (let i = 0; i < values.length; i++) h = fnvInt(h, values[i] | 0);
  return fnvHex(h);
}

function poolDump(run: TraceRun, h: Highmem): Record<string, unknown> {
  let count0 = 0;
  let count1 = 0;
  for (const count of h.pkmapCount) {
    if (count === 0) count0++;
    if (count === 1) count1++;
  }
  return {
    op: run.op,
    lastPkmapNr: h.lastPkmapNr,
    count0,
    count1,
    inUse: h.pkmapCount.length - count0 - count1,
    h: hashOf(h.pkmapCount),
    tlbFlushAll: tlbFlushes(run),
  };
}

function areasDump(run: TraceRun, v: Vmalloc): Record<string, unknown> {
  const rows = vmAreas(v);
  const numbers = rows.flatMap(row => [v.areas[row + A_ADDR], v.areas[row + A_SIZE]]);
  return { op: run.op, areas: rows.length, h: hashOf(numbers) };
}
