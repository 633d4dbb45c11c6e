import type { MachineConfig } from '../../../src/engine/index.ts';

/** A flat i386 of so many MiB, everything else as 2.6.0 has it. */
export function i386(ramMiB: number, over: Partial<MachineConfig> = {}): MachineConfig {
  return {
    arch: 'i386',
    ramPages: ramMiB * 256,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    ...over,
  };
}

/** xorshift32: the tests' own numbers. */
export function numbers(seed: number): () => number {
  let x = seed | 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
