/** Each report by the name that `--reporter` takes. */
import { ctrfReport } from './ctrf.ts';
import { githubReport } from './github.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { prettyReport } from './pretty.ts';
import type { Reporter } from './reporter.ts';
import { tap13Report, tapReport } from './tap.ts';

export type ReporterName = 'pretty' | 'junit' | 'tap' | 'tap13' | 'ctrf' | 'github' | 'json' | 'markdown';

export const REPORTERS: Readonly<Record<ReporterName, Reporter>> = {
  pretty: { summary: 'for people, the default', kind: 'log', text: prettyReport },
  junit: { summary: 'JUnit XML, for Jenkins, GitLab, CircleCI', kind: 'document', text: junitReport },
  tap: { summary: 'TAP version 14', kind: 'document', text: tapReport },
  tap13: { summary: 'TAP version 13, for prove', kind: 'document', text: tap13Report },
  ctrf: { summary: 'Common Test Report Format, JSON', kind: 'document', text: ctrfReport },
  github: { summary: 'annotations of GitHub Actions', kind: 'log', text: githubReport },
  json: { summary: 'all that is known, for --merge and programs', kind: 'document', text: jsonReport },
  markdown: { summary: 'a summary for a pull request', kind: 'document', text: markdownReport },
};

export const REPORTER_NAMES = Object.keys(REPORTERS) as ReporterName[];
