import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 5000;

/**
 * Whether a queue or worker of BullMQ can be used. One that was made while Redis went away never can, not even when Redis
 * is back: another one must be made.
 */
export async function isReady(made: {
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<unknown>;
}): Promise<boolean> {
  const ready = made.waitUntilReady().then(
    () => true,
    () => false,
  );
  if (await Promise.race([ready, sleep(PATIENCE_MS, false, { ref: false })])) return true;
  made.close(true).catch(() => {});
  return false;
}
