/** Our own format, schemas/test.schema.json: all that is known. What `oomph test --merge` reads. */
import type { TestRun } from '../../contract/testing.ts';

export const jsonReport = (run: TestRun): string => `${JSON.stringify(run, null, 2)}\n`;
