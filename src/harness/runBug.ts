/** The engine broke while a seed was played: our bug, with where it can be found again. */
export class RunBug extends Error {
  readonly seed: number;
  readonly event: number;

  constructor(seed: number, event: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${what} (seed ${seed}, event ${event})`, { cause });
    this.name = 'RunBug';
    this.seed = seed;
    this.event = event;
  }
}
