/** A broken invariant of the simulated kernel, or of the engine itself: the run cannot go on. */
export class KernelBug extends Error {
  /** What broke: stable, such as `double-free`. */
  readonly code: string;
  readonly pfn: number;

  constructor(code: string, message: string, pfn = -1) {
    super(message);
    this.name = 'KernelBug';
    this.code = code;
    this.pfn = pfn;
  }
}
