/** What a caller of `oomph` learns from its exit code. */
export const EXIT_PASSED = 0;
/** A goal was not met. */
export const EXIT_LOST = 1;
/** The arguments, a challenge file or a policy is at fault. */
export const EXIT_BAD_INPUT = 2;
/** oomph or its host failed. Nothing was decided. */
export const EXIT_OUR_BUG = 3;
/** Interrupted from the keyboard, as shells report it. */
export const EXIT_INTERRUPTED = 130;

/** What the user gave cannot be used. The message says what to do; main prints it and exits with 2. */
export class BadInput extends Error {
  override name = 'BadInput';
}

/** The host failed us (a sandbox that died twice). Main prints it and exits with 3. */
export class HostFailure extends Error {
  override name = 'HostFailure';
}

/** What another process of ours said of its end; main says it again. */
export class ToldFailure extends Error {
  override name = 'ToldFailure';
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}
