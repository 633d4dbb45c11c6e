/** The screen of a run: which panes, where. */
import type { Cells } from './cells.ts';
import { BOXED_HEIGHT, BOXED_WIDTH, divide, framed, lookOf, place } from './look.ts';
import { presentZones } from './map.ts';
import type { Model } from './model.ts';
import { buddyinfo } from './panes/buddyinfo.ts';
import { goals } from './panes/goals.ts';
import { kernelLog } from './panes/kernelLog.ts';
import { memoryMap } from './panes/memoryMap.ts';
import { timeline } from './panes/timeline.ts';

export function runScreen(cells: Cells, model: Model): void {
  const { width, height } = cells;
  const look = lookOf(model);
  const play = model.play!;
  const boxed = width >= BOXED_WIDTH && height >= BOXED_HEIGHT;
  const edge = boxed ? 2 : 1;
  place(cells, model, { x: 0, y: 1, width, height: 1 }, timeline);
  const zones = presentZones(play.run.machine).length;
  const tableRows = zones + 1 + edge;
  const body = { y: 2, height: height - 3 };
  const nrLog = play.run.log.length;
  const logNote =
    play.logBack > 0 ? 'scrolled back' : nrLog > 0 ? `${nrLog} ${nrLog === 1 ? 'line' : 'lines'}` : '';

  if (play.logWide) {
    const rows = body.height - tableRows;
    const log = framed(cells, { x: 0, y: 2, width, height: rows }, 'kernel log', look, boxed, logNote);
    place(cells, model, log, kernelLog);
    const table = { x: 0, y: 2 + rows, width, height: tableRows };
    place(cells, model, framed(cells, table, 'buddyinfo', look, boxed, 'free blocks by order'), buddyinfo);
    return;
  }

  const right = boxed ? Math.max(40, Math.floor(width * 0.26)) : 28;
  const logRows = boxed ? Math.max(8, Math.floor(body.height * 0.24)) : 5 + (3 - zones);
  const mapRows = body.height - tableRows - logRows;
  const map = { x: 0, y: 2, width: width - right, height: mapRows };
  place(cells, model, framed(cells, map, 'memory', look, boxed), memoryMap);
  const side = { x: width - right, y: 2, width: right, height: mapRows };
  place(cells, model, framed(cells, side, 'goals', look, boxed), goals);
  if (!boxed) divide(cells, width - right - 1, 2, mapRows, model);
  const table = { x: 0, y: 2 + mapRows, width, height: tableRows };
  place(cells, model, framed(cells, table, 'buddyinfo', look, boxed, 'free blocks by order'), buddyinfo);
  if (!boxed) cells.text(width - right - 1, table.y, look.glyphs.teeUp, look.theme.frame);
  const log = { x: 0, y: table.y + tableRows, width, height: logRows };
  place(cells, model, framed(cells, log, 'kernel log', look, boxed, logNote), kernelLog);
}
