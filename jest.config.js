/** Tests are TypeScript in the source tree, transformed to CommonJS by swc; the type check is `npm run lint`. */
export default {
  testEnvironment: 'node',
  // The e2e tests mostly wait for a child process, so both cores of a small machine are worth using.
  // One more than CI has cores: tests that wait for a child or a terminal leave theirs idle.
  maxWorkers: 3,
  testSequencer: '<rootDir>/build/jestSequencer.cjs',
  // Only against a test that hangs: no test is about time, and a busy machine is slow.
  testTimeout: 60_000,
  // A schema may have changed since the last build.
  globalSetup: '<rootDir>/build/accepts.mjs',
  setupFiles: ['<rootDir>/test/dataFolder.cjs'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  // Of the packages that src imports, those that are ES modules alone.
  transformIgnorePatterns: ['/node_modules/(?!@dodona/)'],
  transform: {
    // The first that fits is taken.
    '/test/(property/.+|challenges/proof)\\.test\\.ts$': '<rootDir>/build/jestBundle.cjs',
    '^.+\\.[tj]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
