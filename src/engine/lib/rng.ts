/** A seeded source of bits. The engine draws nothing from anywhere else. */
export interface Rng {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
}
