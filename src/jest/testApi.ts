/** What is used of the test runner: jest 29 and 30 with globals or without, and those that look the same. */

export interface TestApi {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => unknown, timeoutMs?: number): void;
  afterAll(body: () => unknown, timeoutMs?: number): void;
  expect: { getState(): { testPath?: string; snapshotState?: { _updateSnapshot?: unknown } } };
}

const NAMES = ['describe', 'test', 'afterAll', 'expect'] as const;

/**
 * The functions of the test file that calls.
 *
 * @throws Error  no test file does
 */
export function testApi(): TestApi {
  const found = fromJest() ?? (globalThis as unknown as Partial<TestApi>);
  const missing = NAMES.filter(name => typeof found[name] !== 'function');
  if (missing.length === 0) return found as TestApi;
  throw new Error(
    `oomph/jest works in a test file that jest runs: there is no ${missing.join(', ')} here (with vitest set \`globals: true\`)`,
  );
}

/** jest answers this require itself, whatever is installed where; elsewhere it is refused. */
function fromJest(): Partial<TestApi> | null {
  try {
    return require('@jest/globals');
  } catch {
    return null;
  }
}
