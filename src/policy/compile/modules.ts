/** What a file takes from other files and gives to them, and the hooks that the first file exports. */
import type { AnyNode, ObjectExpression } from 'acorn';
import { HOOK_MEANING } from '../../contract/hooks.ts';
import { HOOKS, type HookName } from '../../engine/index.ts';
import { type Binding, type HookEntry, nameOf, namesOf } from './bindings.ts';
import { targetOf } from './link.ts';
import type { ParsedFile } from './parse.ts';
import type { Refusals } from './refusals.ts';
import type { Scopes } from './scopes.ts';

/** Exported names of each file that was resolved. */
export type Exports = Map<ParsedFile, Map<string, Binding>>;

/** One file among all. */
export interface Module {
  file: ParsedFile;
  files: Map<string, ParsedFile>;
  exported: Exports;
  scopes: Scopes;
  refusals: Refusals;
}

/** Declare the names that a file imports. */
export function declareImports({ file, files, exported, scopes, refusals }: Module): void {
  for (const node of file.program.body) {
    if (node.type !== 'ImportDeclaration') continue;
    const from = String(node.source.value);
    const target = targetOf(files, file, from);
    for (const specifier of node.specifiers) {
      const { local } = specifier;
      if (from === 'oomph') {
        if (specifier.type === 'ImportSpecifier' && nameOf(specifier.imported) === 'definePolicy') {
          scopes.add(local.name, 'define', local);
        } else {
          refusals.fault(
            specifier,
            'E-POLICY-IMPORT',
            "'oomph' gives policies definePolicy and types only",
            "import { definePolicy } from 'oomph'",
          );
          scopes.add(local.name, 'const', local).values = null;
        }
        continue;
      }
      const theirs = target === undefined ? undefined : exported.get(target);
      if (specifier.type === 'ImportNamespaceSpecifier') {
        scopes.add(local.name, 'const', local).namespace = theirs ?? new Map();
        continue;
      }
      const wanted = specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported);
      const found = theirs?.get(wanted);
      if (found !== undefined) scopes.bring(local.name, found);
      else {
        scopes.add(local.name, 'const', local).values = null;
        if (theirs !== undefined) {
          refusals.fault(
            specifier,
            'E-POLICY-IMPORT-NAME',
            `${target!.path} exports no '${wanted}'`,
            undefined,
            refusals.near(wanted, theirs.keys()),
          );
        }
      }
    }
  }
}

/** Collect the names that a file exports. @param own its default export, where that is an expression */
export function collectExports(
  { file, files, exported, scopes, refusals }: Module,
  own: Binding | undefined,
): void {
  const exports = exported.get(file)!;
  for (const node of file.program.body) {
    if (node.type === 'ExportDefaultDeclaration') {
      const { declaration } = node;
      const named =
        (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') &&
        declaration.id
          ? scopes.lookUp(declaration.id.name)
          : undefined;
      const binding = named ?? own;
      if (binding !== undefined) exports.set('default', binding);
    } else if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration?.type === 'VariableDeclaration') {
        for (const d of node.declaration.declarations) {
          for (const id of namesOf(d.id)) exports.set(id.name, scopes.lookUp(id.name)!);
        }
      } else if (node.declaration) {
        exports.set(node.declaration.id.name, scopes.lookUp(node.declaration.id.name)!);
      }
      const from = node.source ? targetOf(files, file, String(node.source.value)) : undefined;
      for (const specifier of node.specifiers) {
        const name = nameOf(specifier.local);
        const found = node.source ? from && exported.get(from)?.get(name) : scopes.own(name);
        if (found !== undefined) exports.set(nameOf(specifier.exported), found);
        else if (!node.source || from !== undefined) {
          refusals.fault(specifier, 'E-POLICY-IMPORT-NAME', `there is no '${name}' to export`);
        }
      }
    }
  }
}

/**
 * The entry's `export default definePolicy({ ... })`: which hooks, and whose parameters come from the engine.
 *
 * @returns null where no policy is exported; `definePolicy({})` is one, which decides nothing
 */
export function hooksOf(
  { file, scopes, refusals }: Module,
  allowed: readonly HookName[],
  partial = false,
): HookEntry[] | null {
  for (const node of file.program.body) {
    if (node.type !== 'ExportDefaultDeclaration') continue;
    let object: AnyNode = node.declaration;
    let defined = false;
    if (object.type === 'CallExpression' && object.callee.type === 'Identifier') {
      if (scopes.lookUp(object.callee.name)?.kind === 'define' && object.arguments.length === 1) {
        object = object.arguments[0];
        defined = true;
      }
    }
    if (object.type === 'ObjectExpression') {
      const entries = hookEntries(object, allowed, refusals, partial);
      return entries.length > 0 || defined ? entries : null;
    }

    refusals.fault(
      object,
      'E-POLICY-EXPORT',
      'the default export must be the policy written out',
      'export default definePolicy({ zonelist(request, mem) { ... } })',
    );
  }
  return null;
}

function hookEntries(
  object: ObjectExpression,
  allowed: readonly HookName[],
  refusals: Refusals,
  partial: boolean,
): HookEntry[] {
  const entries: HookEntry[] = [];
  for (const property of object.properties) {
    if (property.type === 'SpreadElement' || property.computed) {
      refusals.fault(
        property,
        'E-POLICY-EXPORT',
        'the hooks of a policy must be written out by name',
        'zonelist(request, mem) { ... }',
      );
      continue;
    }
    const name =
      property.key.type === 'Identifier'
        ? property.key.name
        : String((property.key as { value?: unknown }).value);
    if (!(HOOKS as readonly string[]).includes(name)) {
      refusals.fault(
        property.key,
        'E-POLICY-HOOK',
        `there is no hook '${name.slice(0, 40)}'`,
        `one of ${(allowed.length > 0 ? allowed : HOOKS).join(', ')}`,
        refusals.near(name, HOOKS),
      );
      continue;
    }
    const hook = name as HookName;
    if (!allowed.includes(hook)) {
      if (partial) continue;
      const open = allowed.map(h => `${h} (${HOOK_MEANING[h]})`).join(', ');
      refusals.fault(
        property.key,
        'E-POLICY-HOOK-CLOSED',
        `this challenge does not let a policy decide '${hook}'`,
        open === '' ? 'no policy: this challenge is played without one' : `one of ${open}`,
      );
      continue;
    }
    if (entries.some(h => h.name === hook)) {
      refusals.fault(property.key, 'E-POLICY-HOOK-TWICE', `the hook '${hook}' is there twice`);
      continue;
    }
    entries.push({ name: hook, key: property.key, value: property.value });
  }
  return entries;
}
