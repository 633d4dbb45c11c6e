/** The thread of tapes.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileTape } from '../../workload/compile.ts';
import { WorkloadTooLong } from '../../workload/tapeRows.ts';
import type { TapeAnswer } from './tapes.ts';

const send = (answer: TapeAnswer, transfer: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(answer, transfer);

try {
  const tape = compileTape(workerData.plan, workerData.seed);
  const columns = Object.values(tape).filter(column => ArrayBuffer.isView(column));
  send(
    { tape },
    columns.map(column => column.buffer as ArrayBuffer),
  );
} catch (error) {
  if (error instanceof WorkloadTooLong) {
    send({ tooLong: { task: error.task, message: error.message } });
  } else send({ error: error as Error });
}
