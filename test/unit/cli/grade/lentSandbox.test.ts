import { SandboxLender } from '../../../../src/cli/grade/lentSandbox.ts';
import type { PolicySandbox } from '../../../../src/harness/policyHost.ts';

/** Sandboxes that only say what becomes of them. */
function lender(): { lender: SandboxLender; log: string[] } {
  const log: string[] = [];
  let nr = 0;
  const start = async (): Promise<PolicySandbox> => {
    const name = `process ${++nr}`;
    log.push(`start ${name}`);
    return {
      load: async source => {
        log.push(`${source.entry} in ${name}`);
        return { ok: false, diagnostics: [] };
      },
      run: async () => ({ reason: 'crashed', message: '' }),
      close: () => void log.push(`end ${name}`),
    };
  };
  return { lender: new SandboxLender(start), log };
}

const load = async (lent: PolicySandbox, entry: string, failed = false): Promise<void> => {
  await lent.load({ entry, files: [] }, {} as never);
  await lent.close(failed);
};

test('one process for one owner, and another for the next', async () => {
  const { lender: lends, log } = lender();
  await load(await lends.lend('ada'), 'a1');
  await load(await lends.lend('ada'), 'a2');
  await load(await lends.lend('ben'), 'b1');
  await load(await lends.lend('ada'), 'a3');
  await lends.close();
  expect(log).toEqual([
    'start process 1',
    'a1 in process 1',
    'a2 in process 1',
    'end process 1',
    'start process 2',
    'b1 in process 2',
    'end process 2',
    'start process 3',
    'a3 in process 3',
    'end process 3',
  ]);
});

test('one that failed is used by nobody', async () => {
  const { lender: lends, log } = lender();
  await load(await lends.lend('ada'), 'a1', true);
  await load(await lends.lend('ada'), 'a2');
  await lends.close();
  expect(log).toEqual([
    'start process 1',
    'a1 in process 1',
    'end process 1',
    'start process 2',
    'a2 in process 2',
    'end process 2',
  ]);
});
