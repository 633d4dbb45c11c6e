import { policyTypes } from '../../../src/report/policyTypes.ts';

test('declarations become a module that editors find by its name', () => {
  const declarations =
    '/** Doc. */\nexport interface A {\n    /** Deep. */\n    readonly x: 1;\n}\nexport declare function f(a: A): A;\n';
  expect(policyTypes(declarations, '1.2.3')).toBe(
    `// What policies import, of oomph 1.2.3. Delete this file, and 'oomph new policy' writes it anew.
declare module 'oomph' {
  /** Doc. */
  export interface A {
    /** Deep. */
    readonly x: 1;
  }
  export function f(a: A): A;
}
`,
  );
});
