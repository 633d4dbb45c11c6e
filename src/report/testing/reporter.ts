import type { TestRun } from '../../contract/testing.ts';
import type { Style } from '../style.ts';

/** What a report is made for; a report of data asks for nothing of it. */
export interface ReportSetting {
  style: Style;
  /** Columns of the terminal. */
  width: number;
  /** What to type for oomph. */
  callName: string;
  /** Folder of the command seen from the repository's root, with `/` behind it; '' at the root or where none is known. */
  base: string;
  /** Another report on the same stream tells a person what failed: no need to say it again. */
  isTold: boolean;
}

export interface Reporter {
  /** For the help text. */
  summary: string;
  /**
   * `log`: lines between other lines, so several of them share a stream. `document`: a parser reads it, and it is alone
   * on its stream or in its file.
   */
  kind: 'log' | 'document';
  text(run: TestRun, setting: ReportSetting): string;
}
