/**
 * The types of 'oomph' as one file to lie beside policies, so that an editor finds them without any package installed.
 *
 * @param declarations  what the compiler makes of policy/player.ts
 */
export function policyTypes(declarations: string, version: string): string {
  const body = declarations
    .replaceAll('\r\n', '\n')
    .replaceAll('export declare ', 'export ')
    .trimEnd()
    .split('\n')
    .map(line =>
      line === '' ? '' : `  ${line.replace(/^( {4})+/, spaces => spaces.slice(spaces.length / 2))}`,
    );
  return [
    `// What policies import, of oomph ${version}. Delete this file, and 'oomph new policy' writes it anew.`,
    "declare module 'oomph' {",
    ...body,
    '}',
    '',
  ].join('\n');
}
