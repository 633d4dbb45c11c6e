/** The page on commands, from the commands themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, type Option } from 'commander';
import { anchorOf } from './markdown.ts';

const CLI = join(__dirname, '../../../src/cli');

/** All verbs at once, whichever of them main.ts would have loaded; those that only oomph calls are left out. */
export function wholeProgram(): Command {
  const program = new Command('oomph').exitOverride().helpOption('-h, --help', 'print this');
  for (const file of sourcesOf(CLI)) {
    const register = /^export function (register\w+)\(program: Command/m.exec(
      readFileSync(file, 'utf8'),
    )?.[1];
    if (register !== undefined) require(file)[register](program);
  }
  return program;
}

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .sort()
    .map(path => join(folder, path));
}

interface Verb {
  name: string;
  command: Command;
}

/** Those that do something, subcommands by their whole name: `new policy`. */
export function verbsOf(program: Command): Verb[] {
  const verbs: Verb[] = [];
  const add = (command: Command, before: string): void => {
    if ((command as unknown as { _hidden: boolean })._hidden) return;
    const name = before === '' ? command.name() : `${before} ${command.name()}`;
    if (command.commands.length === 0) verbs.push({ name, command });
    for (const child of command.commands) add(child, name);
  };
  for (const command of program.commands) add(command, '');
  return verbs.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What `--help` prints behind the options. */
export function helpAfter(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: part => void (text += part) });
  command.outputHelp();
  const information = command.helpInformation();
  return text.slice(text.indexOf(information) + information.length).trim();
}

/** The lines under `Examples:`, or the one behind `Example:`. */
export function examplesOf(command: Command): string[] {
  const after = helpAfter(command);
  const block = /^Examples?:\n((?: {2}.*(?:\n|$))+)/m.exec(after)?.[1] ?? '';
  return block
    .split('\n')
    .map(line => line.trim())
    .filter(line => /^oomph /.test(line));
}

export function cliPage(program: Command): string {
  const verbs = verbsOf(program);
  const out = [
    '# Commands',
    '',
    'Every command with all that it takes, as `oomph COMMAND --help` has it. What they are for, and exit codes: [the command line](../cli.md).',
    '',
    '| command | |',
    '| --- | --- |',
    ...verbs.map(
      ({ name, command }) => `| [\`oomph ${name}\`](#${anchorOf(`oomph ${name}`)}) | ${command.summary()} |`,
    ),
  ];
  for (const { name, command } of verbs) {
    out.push(
      '',
      `## oomph ${name}`,
      '',
      `${command.description() || command.summary()}`,
      '',
      `\`oomph ${name} ${command.usage()}\``,
    );
    const rows = [
      ...command.registeredArguments.map(argument => [
        argument.required
          ? `<${argument.name()}${argument.variadic ? '...' : ''}>`
          : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
        argument.description,
      ]),
      ...command.options.filter(option => !option.hidden).map(option => [option.flags, describe(option)]),
    ];
    if (rows.length > 0) {
      out.push('', '| | |', '| --- | --- |');
      for (const [what, text] of rows)
        out.push(`| \`${cell(what)}\` | ${cell(text).replaceAll('<', '&lt;')} |`);
    }
    const after = helpAfter(command);
    if (after !== '')
      out.push('', '<!-- test: understood by the parser of the command -->', '```text', after, '```');
  }
  return `${out.join('\n').trimEnd()}\n`;
}

function describe(option: Option): string {
  const { description, defaultValue, argChoices } = option;
  const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
  // What depends on the machine is told in words by the description.
  const isTold = /\(default/.test(description) || defaultValue === undefined || defaultValue === false;
  const usual =
    isTold || (Array.isArray(defaultValue) && defaultValue.length === 0)
      ? ''
      : ` (default: \`${String(option.defaultValueDescription ?? defaultValue)}\`)`;
  return `${description}${choices}${usual}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
