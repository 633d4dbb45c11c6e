/** The page under the cursor of the map: where it is, whose, since when, what its struct page says. */
import { ZONE_NAMES } from '../../engine/index.ts';
import type { PageFacts } from '../../harness/pageFacts.ts';
import { Cells } from '../cells.ts';
import { Document, drawDocument } from '../document.ts';
import { bytesSize, duration, grouped } from '../format.ts';
import { lookOf } from '../look.ts';
import type { Model, Play } from '../model.ts';
import { entryOf } from '../model.ts';

const LABEL = 8;

export const pageTitle = (pfn: number): string => `page 0x${pfn.toString(16).padStart(5, '0')}`;

function blockText({ pfn, head, order, state }: PageFacts): string {
  if (state === 'per-CPU list') return 'single page, in a per-CPU list';
  if (state === 'reserved') return 'reserved';
  const block = `order ${order}, ${state}`;
  return order === 0 ? block : `${block}; page ${pfn - head + 1} of ${1 << order}`;
}

/** `event 34, 12.3 s ago` */
function sinceText({ event, timeUs }: PageFacts, play: Play): string {
  if (event < 0) return 'boot';
  return `event ${grouped(event)}, ${duration(Math.max(0, play.clockUs - timeUs))} ago`;
}

function placeText(facts: PageFacts, model: Model): string {
  if (facts.site === null) return '';
  const { text, line } = facts.site;
  if (line === 0) return text;
  const file = entryOf(model).file.split(/[\\/]/).at(-1);
  return `${text}, ${file}:${line}`;
}

/** Each fact with its label, the most telling first: what does not fit is left out from the end. */
export function pageFactsOf(facts: PageFacts, model: Model, play: Play): [string, string][] {
  const { arch } = play.run.machine;
  const at = `${bytesSize(facts.paddr)}, 0x${facts.paddr.toString(16).padStart(8, '0')}`;
  const list: [string, string][] = [
    ['block', blockText(facts)],
    ['owner', facts.owner],
    ['asked', placeText(facts, model)],
    ['since', facts.timeUs < 0 ? '' : sinceText(facts, play)],
    ['holds', facts.holds],
    ['list', facts.list],
    ['flags', facts.flags.join(' ') || 'none'],
    ['count', `${facts.count}${facts.count === 1 ? ' reference' : ' references'}`],
    ['zone', `${ZONE_NAMES[facts.zone]}, page of ${bytesSize(arch.pageBytes)}`],
    ['address', at],
  ];
  return list.filter(([, text]) => text !== '');
}

export function inspector(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  const facts = play?.run.page(play.view.cursor) ?? null;
  if (!play || facts === null) return cells;
  const text = new Document(width, look);
  for (const [label, value] of pageFactsOf(facts, model, play)) {
    text.flow(value, look.theme.text, { text: label.padEnd(LABEL), style: look.theme.dim });
  }
  drawDocument(cells, { x: 0, y: 0, width, height }, text, 0);
  return cells;
}
