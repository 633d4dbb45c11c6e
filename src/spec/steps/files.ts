import { field } from '../values.ts';
import { amountOf, type Extent, placeOf } from './extent.ts';
import type { StepReader } from './run.ts';

const access =
  (kind: 'read' | 'write'): StepReader =>
  (run, name, node) => {
    run.acts = true;
    run.indirect = true;
    if (!run.needs(node, name, 'disk') || !run.needsProcess(node, name)) return undefined;
    run.maySleep(node, name);
    const file = run.frame.names.file(field(node, 'file'));
    const extent: Extent = {
      words: `the file ${file?.plan.name}`,
      bytes: (file?.plan.pages ?? Number.POSITIVE_INFINITY) * run.frame.pageBytes,
      code: 'E-DATA-FILE-RANGE',
    };
    const pages = amountOf(run, field(node, 'size'), extent);
    const at = placeOf(run, field(node, 'at'), extent);
    if (file === undefined || pages === undefined || at === undefined) return undefined;
    return { kind, file: file.number, pages, at };
  };

const fsync: StepReader = (run, name, node) => {
  run.acts = true;
  if (!run.needs(node, name, 'disk') || !run.needsProcess(node, name)) return undefined;
  run.maySleep(node, name);
  const file = run.frame.names.file(node);
  return file === undefined ? undefined : { kind: 'fsync', file: file.number };
};

export const FILE_STEPS: Readonly<Record<string, StepReader>> = {
  read: access('read'),
  write: access('write'),
  fsync,
};
