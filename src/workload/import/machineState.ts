/** Orders that are counted: 0 to 10, as 2.6.0 has them. */
export const ORDERS = 11;

/** What a log says of one zone; what it does not say is absent. */
export interface ZoneState {
  name: string;
  node: number;
  /** Free blocks of each order; null where no list was read. */
  free: number[] | null;
  freeKb?: number;
  minKb?: number;
  lowKb?: number;
  highKb?: number;
  presentKb?: number;
  managedKb?: number;
  spannedKb?: number;
  /** lowmem_reserve or protection: the largest, in pages, that is kept from requests for higher zones. */
  reserve?: number;
}

/** A machine as a report or the files of /proc show it. */
export interface MachineState {
  zones: ZoneState[];
  /** Of the smallest block; 0: not told. */
  pageKb: number;
  ramPages?: number;
  highPages?: number;
  reservedPages?: number;
  memTotalKb?: number;
  /** At least so many. */
  cpus: number;
  /** `2.6.32-5-amd64`, or ''. */
  version: string;
  /** Bits of an address in the log; 0: none seen. */
  bits: number;
}

export const newState = (): MachineState => ({ zones: [], pageKb: 0, cpus: 0, version: '', bits: 0 });

export function zoneNamed(state: MachineState, node: number, name: string): ZoneState {
  let zone = state.zones.find(z => z.node === node && z.name === name);
  if (zone === undefined) {
    zone = { name, node, free: null };
    state.zones.push(zone);
  }
  return zone;
}

export const hasLists = (state: MachineState): boolean => state.zones.some(zone => zone.free !== null);

/** Blocks as `5*4kB 3*8kB`, or counts; what is beyond order 10 comes to blocks of order 10. */
export function setFree(zone: ZoneState, counts: readonly number[]): void {
  const free = new Array<number>(ORDERS).fill(0);
  counts.forEach((count, order) => {
    if (order < ORDERS) free[order] += count;
    else free[ORDERS - 1] += count * 2 ** (order - ORDERS + 1);
  });
  zone.free = free;
}

export const freePages = (free: readonly number[]): number =>
  free.reduce((sum, count, order) => sum + count * 2 ** order, 0);
