export type ArchName = 'i386' | 'x86_64';

/** Everything that boot needs; nothing else decides the machine's first state. */
export interface MachineConfig {
  arch: ArchName;
  /** Page frames of RAM, PFN 0 included. */
  ramPages: number;
  /** CPUs online, 1..8. */
  cpus: number;
  /**
   * `flat`: every page is free at boot. `bootmap`: `reserve` is kept back and the boot bitmap's own pages are freed
   * late. `real`: besides, mem_map, zone bitmaps and wait tables are taken by the boot allocator.
   */
  boot: 'flat' | 'bootmap' | 'real';
  /** First PFN of the boot bitmap; used by `bootmap` and `real`. */
  bootmapPfn: number;
  /** [first PFN, pages] kept from the allocator. */
  reserve: [number, number][];
  /** sysctl vm.min_free_kbytes; -1: the kernel's own 1024. */
  minFreeKbytes: number;
  /** sysctl vm.lower_zone_protection. */
  lowerZoneProtection: number;
}
