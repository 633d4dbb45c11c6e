/** What the challenge under the cursor is about, in short. */
import { ARCHES } from '../../engine/index.ts';
import { chapterAt, chaptersOf } from '../campaign.ts';
import { Cells } from '../cells.ts';
import { Document, drawDocument } from '../document.ts';
import { pagesSize } from '../format.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model, type Progress, progressOf } from '../model.ts';

/** Rows from which on the chapter is told of too. */
const ROOM_FOR_CHAPTER = 24;

/** What happened so far, in words: the stars beside it are only shapes. */
function standing({ stars, oldStars, attempts }: Progress): string {
  if (attempts === 0) return 'not tried yet';
  const tries = attempts === 1 ? '1 run' : `${attempts} runs`;
  if (stars <= 0 && oldStars > 0) {
    return `${tries}; won with ${oldStars} of 3 stars before the challenge was changed`;
  }
  if (stars < 0) return `${tries}, none seen to its end`;
  return stars === 0 ? `${tries}, not won yet` : `won with ${stars} of 3 stars, ${tries}`;
}

export function challengeCard(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const entry = entryOf(model);
  if (!entry) return cells;
  const text = new Document(width, look);
  text.flow(entry.plan?.title ?? entry.id, theme.title);
  text.line({ text: entry.id, style: theme.dim });
  text.blank();
  if (!entry.plan) {
    text.flow(`This challenge file is at fault: ${entry.file}`, theme.bad);
    for (const diagnostic of entry.diagnostics.slice(0, 5)) {
      text.flow(`line ${diagnostic.line}: ${diagnostic.message}`, theme.text, {
        text: `${glyphs.bullet} `,
        style: theme.dim,
      });
    }
    drawDocument(cells, { x: 0, y: 0, width, height }, text, 0);
    return cells;
  }
  const { plan } = entry;
  const progress = progressOf(model);
  const end = new Document(width, look);
  const { machine } = plan;
  const cpus = machine.cpus === 1 ? '1 CPU' : `${machine.cpus} CPUs`;
  const fact = (name: string, value: string): void => {
    end.flow(value, theme.text, { text: name.padEnd(10), style: theme.dim });
  };
  fact('machine', `${machine.arch}, ${pagesSize(machine.ramPages, ARCHES[machine.arch].pageBytes)}, ${cpus}`);
  fact('hooks', plan.policy.hooks.join(', ') || 'none');
  fact('policy', entry.policyExists ? entry.policyPath : `none yet: e starts one`);
  fact('so far', standing(progress));
  const chapter = chapterAt(chaptersOf(model), model.selected);
  if (height >= ROOM_FOR_CHAPTER && chapter && chapter.text !== '') {
    end.heading(`Chapter ${chapter.number}: ${chapter.title}`);
    end.flow(chapter.text, theme.dim);
  }
  // The story gets the rows that the facts leave; what is cut is in the briefing.
  const story = new Document(width, look);
  story.flow(plan.story);
  const room = height - text.lines.length - end.lines.length - 1;
  const lines = story.lines.slice(0, Math.max(1, room));
  if (lines.length < story.lines.length && lines.length > 0) {
    const last = lines[lines.length - 1];
    lines[lines.length - 1] = [
      {
        text: `${last
          .map(span => span.text)
          .join('')
          .slice(0, width - 2)} ${glyphs.ellipsis}`,
        style: theme.text,
      },
    ];
  }
  text.lines.push(...lines);
  text.append(end);
  drawDocument(cells, { x: 0, y: 0, width, height }, text, 0);
  return cells;
}
