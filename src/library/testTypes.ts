/** Running specs, as those who build on oomph see it. */
import type { AbortSignalLike } from './runTypes.ts';

export interface TestOptions {
  /** In place of each spec's own. */
  seeds?: readonly number[];
  /**
   * `compare` (the default) writes nothing, and a snapshot that is not there is a failure; `new` writes those that are not
   * there; `update` writes those that differ too, and removes what nothing asks for.
   */
  snapshots?: 'compare' | 'new' | 'update';
  /** Stop behind so many failed cases; 0, the default: never. */
  bail?: number;
  signal?: AbortSignalLike;
  /** Called behind each spec and seed: how many are done, of how many. */
  onCase?: (done: number, total: number) => void;
}

export type ReporterName = 'pretty' | 'junit' | 'tap' | 'tap13' | 'ctrf' | 'github' | 'json' | 'markdown';
