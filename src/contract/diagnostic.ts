/**
 * What is wrong with a file a person wrote. A loader collects all of them and never throws; `report/diagnostics`
 * prints them.
 */
export interface Diagnostic {
  /** Stable, documented code such as `E-KEY-UNKNOWN`; never reused for another meaning. */
  code: string;
  severity: 'error' | 'warning';
  /** As the user named the file. */
  file: string;
  /** 1-based; columns count UTF-16 code units. */
  line: number;
  column: number;
  /** How many columns the caret line underlines; at least 1. */
  length: number;
  /** What is wrong, in one sentence. */
  message: string;
  /** What was expected in its place. */
  expected?: string;
  /** Near names, best first: `did you mean`. */
  suggestions?: string[];
  /** The text of the lines around it, first line number first: the code frame without its decoration. */
  frame?: {
    firstLine: number;
    lines: string[];
    /** Column of the lines' first character where they are too long to be given whole; 1 if left out. */
    firstColumn?: number;
  };
}
