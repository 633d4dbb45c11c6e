import { type ExplainReport, seedText } from './explainReport.ts';
import { helpOf } from './help.ts';
import { storyOf } from './story.ts';

/** For programs: what `schemas/explain.schema.json` describes. */
export function explainJson(report: ExplainReport): string {
  const { explanation, sources: _, version, nrHints, command, ...rest } = report;
  const { picture, ...told } = explanation;
  const { cause: __, seed: ___, ...drawn } = picture;
  const value = {
    explain: 1,
    oomph: version,
    ...rest,
    why: seedText(report),
    ...told,
    picture: drawn,
    story: storyOf(report),
    help: helpOf(report),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
