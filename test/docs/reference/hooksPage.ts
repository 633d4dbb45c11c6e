/** The page on hooks, from the contract that players import: src/policy/player.ts. */
import { anchorOf } from './markdown.ts';

interface Member {
  signature: string;
  text: string[];
}

interface Declaration {
  name: string;
  base: string;
  text: string[];
  members: Member[];
}

/** Every exported interface and type of the file, with what its comments say. */
export function declarationsOf(source: string): Declaration[] {
  const found: Declaration[] = [];
  let text: string[] = [];
  let comment: string[] | null = null;
  let current: Declaration | null = null;
  for (const line of source.split('\n')) {
    const trimmed = line.trim();
    if (comment !== null || trimmed.startsWith('/**')) {
      comment ??= [];
      comment.push(
        trimmed
          .replace(/^\/\*\*\s?/, '')
          .replace(/\s?\*\/$/, '')
          .replace(/^\*\s?/, ''),
      );
      if (trimmed.endsWith('*/')) {
        text = comment.filter((part, i, all) => part !== '' || (i > 0 && i < all.length - 1));
        comment = null;
      }
      continue;
    }
    const opened = /^export interface (\w+)(?: extends (\w+))? \{$/.exec(line);
    const alias = /^export type (\w+) = (\w+);$/.exec(line);
    if (opened !== null) current = { name: opened[1], base: opened[2] ?? '', text, members: [] };
    else if (alias !== null) found.push({ name: alias[1], base: alias[2], text, members: [] });
    else if (current !== null && line === '}') {
      found.push(current);
      current = null;
    } else if (current !== null && trimmed !== '') {
      const last = current.members.at(-1);
      // A comment stands for all that follow it without a blank line or a comment of their own.
      if (trimmed.endsWith(';') || trimmed.endsWith(','))
        current.members.push({ signature: trimmed.replace(/;$/, ''), text });
      else if (last !== undefined) last.signature += ` ${trimmed}`;
      text = [];
      continue;
    }
    if (trimmed !== '') text = [];
  }
  return found;
}

export function hooksPage(source: string, meaning: Readonly<Record<string, string>>): string {
  const declarations = declarationsOf(source);
  const by = (name: string): Declaration => {
    const found = declarations.find(declaration => declaration.name === name);
    if (found === undefined) throw new Error(`player.ts declares no ${name}`);
    return found;
  };
  const hooks = by('Policy').members.map(({ signature }) => {
    const [, hook, request] = /^(\w+)\?\(request: (\w+), mem: Mem\): number$/.exec(signature)!;
    return { hook, request: by(request) };
  });
  const out = [
    '# Hooks',
    '',
    'A policy takes the decisions below, those that its challenge opens. Each hook is `(request, mem) => integer`; `mem.AS_LINUX` (-1) leaves the',
    'decision to Linux, and so does leaving the hook out. Examples, budgets and faults: [Writing a policy](../policy.md). This is what',
    '[the types](../../src/policy/player.ts) say that `oomph new policy` puts before an editor.',
    '',
    '| hook | decides |',
    '| --- | --- |',
    ...hooks.map(({ hook }) => `| [\`${hook}\`](#${anchorOf(hook)}) | ${meaning[hook]} |`),
    '',
    '## request',
    '',
    ...paragraphs(by('BaseRequest').text),
    '',
    ...table(by('BaseRequest').members),
  ];
  for (const { hook, request } of hooks) {
    out.push('', `## ${hook}`, '', ...paragraphs(request.text), '');
    if (request.members.length > 0)
      out.push('Besides what every request has:', '', ...table(request.members));
    if (request.base !== '' && request.base !== 'BaseRequest')
      out.push('', ...table(by(request.base).members));
  }
  out.push('', '## mem', '', ...paragraphs(by('Mem').text), '', ...table(by('Mem').members));
  return `${out
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

/** `Linux:`, `Answer:` and `Example:` begin paragraphs of their own. */
function paragraphs(text: readonly string[]): string[] {
  const lines: string[] = [];
  for (const line of text) {
    const label = /^(Linux|Answer|Example|Deviation): /.exec(line);
    if (label !== null) lines.push('', `**${label[1]}:** ${line.slice(label[0].length)}`);
    else lines.push(line);
  }
  return lines.map(line =>
    line.replaceAll('<', '&lt;').replace(/`[^`]*`/g, code => code.replaceAll('&lt;', '<')),
  );
}

function table(members: readonly Member[]): string[] {
  const rows: string[] = [];
  let names: string[] = [];
  let text = '';
  const flush = (): void => {
    if (names.length > 0)
      rows.push(
        `| ${names.map(name => `\`${name.replaceAll('|', '\\|')}\``).join(', ')} | ${text.replaceAll('|', '\\|')} |`,
      );
  };
  for (const member of members) {
    const name = member.signature.replace(/^readonly /, '').replace(/: number$/, '');
    if (member.text.length > 0) {
      flush();
      names = [name];
      text = member.text.join(' ').replaceAll('<', '&lt;');
    } else names.push(name);
  }
  flush();
  return ['| | |', '| --- | --- |', ...rows];
}
